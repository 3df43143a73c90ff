"""Which words a person reads: texts in several languages, BCP 47 tags and their fallback."""

from collections.abc import Mapping

Text = Mapping[str, str]

LANGUAGES = ("en", "zh", "fr", "de")
HEADER_LENGTH_MAX = 256


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


def accepted_locale(header: str | None) -> str | None:
    """Choose what an Accept-Language header (RFC 9110) likes best of the languages we speak; the whole tag is kept."""
    weighted = []
    for part in (header or "")[:HEADER_LENGTH_MAX].split(","):
        tag, _, parameters = part.strip().partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        try:
            weighted.append((-float(quality), tag))
        except ValueError:
            continue
    tags = [tag for quality, tag in sorted(weighted, key=lambda pair: pair[0]) if quality < 0]
    return next((tag for tag in tags if tag.partition("-")[0].lower() in LANGUAGES), None)
