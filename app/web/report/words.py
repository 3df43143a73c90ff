"""The words of a printed report, in each language."""

from collections.abc import Mapping

from app.domain.shared.text import Text, all_languages

WORDS: Mapping[str, Text] = {
    "title": all_languages("Performance report", "性能检测报告", "Rapport de performance", "Leistungsbericht"),
    "code": all_languages("ID code", "产品身份码", "Code d'identité", "ID-Code"),
    "revision": all_languages("Revision", "版本", "Révision", "Revision"),
    "issued": all_languages("Issued", "签发时间", "Émis le", "Ausgestellt"),
    "measured": all_languages(
        "Measured on this unit", "本机实测值", "Mesuré sur cet appareil", "An diesem Gerät gemessen"
    ),
    "tested": all_languages(
        "From the type test of the model, not measured on this unit",
        "型式试验值（非本机实测）",
        "Issu de l'essai de type du modèle, non mesuré sur cet appareil",
        "Aus der Typprüfung des Modells, nicht an diesem Gerät gemessen",
    ),
    "characteristic": all_languages("Characteristic", "项目", "Caractéristique", "Merkmal"),
    "value": all_languages("Value", "数值", "Valeur", "Wert"),
    "limits": all_languages("Limits", "限值", "Limites", "Grenzen"),
    "type_test": all_languages("Type test", "型式试验", "Essai de type", "Typprüfung"),
    "siblings": all_languages("Among units alike", "同型号对比", "Parmi ses semblables", "Unter seinesgleichen"),
    "method": all_languages("Method", "方法", "Méthode", "Verfahren"),
    "passed": all_languages("passed", "合格", "conforme", "bestanden"),
    "failed": all_languages("not passed", "不合格", "non conforme", "nicht bestanden"),
    "accepted": all_languages(
        "outside, accepted as it is",
        "超出限值，按现状接受",
        "hors limite, accepté en l'état",
        "außerhalb, so angenommen",
    ),
    "better": all_languages(
        "better than {share} % of {count}",
        "优于 {count} 台中的 {share}%",
        "mieux que {share} % de {count}",
        "besser als {share} % von {count}",
    ),
    "above": all_languages(
        "above {share} % of {count}",
        "高于 {count} 台中的 {share}%",
        "au-dessus de {share} % de {count}",
        "über {share} % von {count}",
    ),
    "legend": all_languages(
        "Green: the limits. Dot: this unit. Diamond: the type test.",
        "绿色：限值范围。圆点：本机。菱形：型式试验。",
        "Vert : les limites. Point : cet appareil. Losange : l'essai de type.",
        "Grün: die Grenzen. Punkt: dieses Gerät. Raute: die Typprüfung.",
    ),
    "hash": all_languages(
        "SHA-256 of this report's content (RFC 8785 canonical JSON)",
        "本报告内容的 SHA-256（RFC 8785 规范 JSON）",
        "SHA-256 du contenu de ce rapport (JSON canonique, RFC 8785)",
        "SHA-256 des Inhalts dieses Berichts (kanonisches JSON, RFC 8785)",
    ),
}
