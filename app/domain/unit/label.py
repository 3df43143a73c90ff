"""What each step is called, for a person."""

from collections.abc import Mapping

from app.domain.shared.text import Text, all_languages
from app.domain.unit.event import StepKind

LABELS: Mapping[StepKind, Text] = {
    StepKind.ORDER_PLACED: all_languages("Ordered", "已下单", "Commandé", "Bestellt"),
    StepKind.SCHEDULED: all_languages("Production planned", "已排产", "Production planifiée", "Produktion geplant"),
    StepKind.RESCHEDULED: all_languages("Plan changed", "排产已调整", "Planning modifié", "Planung geändert"),
    StepKind.DESIGN_CHANGED: all_languages(
        "Design changed", "设计已更改", "Configuration modifiée", "Ausführung geändert"
    ),
    StepKind.ADDRESS_CHANGED: all_languages(
        "Shipping address changed", "收货地址已更改", "Adresse de livraison modifiée", "Lieferadresse geändert"
    ),
    StepKind.ORDER_CANCELLED: all_languages("Cancelled", "已取消", "Annulé", "Storniert"),
    StepKind.OPERATION_STARTED: all_languages("Started", "开始", "Commencé", "Begonnen"),
    StepKind.OPERATION_COMPLETED: all_languages("Completed", "完成", "Terminé", "Fertig"),
    StepKind.COMPONENT_FITTED: all_languages("Component fitted", "部件已装配", "Composant monté", "Bauteil eingebaut"),
    StepKind.INSPECTION_PASSED: all_languages("Inspection passed", "检验合格", "Contrôle réussi", "Prüfung bestanden"),
    StepKind.INSPECTION_FAILED: all_languages(
        "Inspection failed", "检验不合格", "Contrôle non réussi", "Prüfung nicht bestanden"
    ),
    StepKind.DECISION_REQUESTED: all_languages(
        "Your decision is asked for", "请您决定", "Votre décision est demandée", "Ihre Entscheidung ist gefragt"
    ),
    StepKind.DECISION_MADE: all_languages("Decided", "已决定", "Décidé", "Entschieden"),
    StepKind.REWORK_STARTED: all_languages("Rework started", "开始返工", "Reprise commencée", "Nacharbeit begonnen"),
    StepKind.REWORK_COMPLETED: all_languages("Rework completed", "返工完成", "Reprise terminée", "Nacharbeit fertig"),
    StepKind.RELEASED: all_languages("Released", "已放行", "Libéré", "Freigegeben"),
    StepKind.NONCONFORMANCE_RAISED: all_languages(
        "Deviation found", "发现偏差", "Écart constaté", "Abweichung festgestellt"
    ),
    StepKind.NONCONFORMANCE_DISPOSED: all_languages(
        "Way forward decided", "处置方案已确定", "Suite à donner décidée", "Weiteres Vorgehen entschieden"
    ),
    StepKind.SCRAPPED: all_languages("Scrapped", "已报废", "Mis au rebut", "Verschrottet"),
    StepKind.PACKED: all_languages("Packed", "已包装", "Emballé", "Verpackt"),
    StepKind.DISPATCHED: all_languages("Dispatched", "已发运", "Expédié", "Versandt"),
    StepKind.ARRIVED_AT_HUB: all_languages(
        "Arrived at a hub", "到达中转站", "Arrivé à une plateforme", "Im Verteilzentrum"
    ),
    StepKind.DEPARTED_HUB: all_languages(
        "Left a hub", "离开中转站", "Parti d'une plateforme", "Verteilzentrum verlassen"
    ),
    StepKind.OUT_FOR_DELIVERY: all_languages("Out for delivery", "派送中", "En cours de livraison", "In Zustellung"),
    StepKind.DELIVERY_ATTEMPTED: all_languages(
        "Delivery attempted", "已尝试派送", "Livraison tentée", "Zustellung versucht"
    ),
    StepKind.DELIVERED: all_languages("Delivered", "已送达", "Livré", "Zugestellt"),
    StepKind.INSTALLED: all_languages("Installed", "已安装", "Installé", "Installiert"),
    StepKind.DELIVERY_SLOT_CHOSEN: all_languages(
        "Delivery time chosen", "已选择送货时段", "Créneau de livraison choisi", "Lieferzeit gewählt"
    ),
}
DEFAULTED = all_languages(
    "Deadline passed, the default applies",
    "已过期限，按默认方式处理",
    "Délai dépassé, le choix par défaut s'applique",
    "Frist abgelaufen, es gilt die Vorgabe",
)
REMADE = all_languages("Is made again", "重新制造", "Refabriqué", "Wird neu gefertigt")
CHOICES: Mapping[str, Text] = {
    "CONCESSION": all_languages(
        "Take it as it is, at a lower price",
        "按现状接受并享受优惠",
        "L'accepter en l'état, à prix réduit",
        "So nehmen, zu geringerem Preis",
    ),
    "REWORK": all_languages("Have it reworked", "返工处理", "Le faire reprendre", "Nacharbeiten lassen"),
}


def step_label(kind: StepKind, operation: Text | None, *, defaulted: bool = False, remade: bool = False) -> Text:
    """Name a step, with its operation where it has one: Painting: completed.

    `defaulted`: nobody decided in time; `remade`: the unit ends because it is made again, not as scrap.
    """
    label = DEFAULTED if defaulted else REMADE if remade else LABELS[kind]
    if operation is None:
        return label
    return {language: f"{operation.get(language, operation['en'])}: {text}" for language, text in label.items()}
