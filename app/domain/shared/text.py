"""Which words a person reads: texts in several languages, BCP 47 tags and their fallback."""

from collections.abc import Mapping

Text = Mapping[str, str]

LANGUAGES = ("en", "zh", "fr", "de")


def in_locale(text: Text, locale: str | None) -> str:
    """Choose the words for a locale, whatever its case, falling back from its most special tag: de-CH, de, en."""
    tag = (locale or "en").lower()
    while tag:
        if tag in text:
            return text[tag]
        tag = tag.rpartition("-")[0]
    return text["en"]


def all_languages(en: str, zh: str, fr: str, de: str) -> Text:
    return {"en": en, "zh": zh, "fr": fr, "de": de}
