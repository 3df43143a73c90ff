"""Does a person read their own language, or the nearest there is?"""

from app.domain.shared.text import LANGUAGES, all_languages, in_locale
from tests.rows import rows

WORDS = all_languages("tap", "水龙头", "robinet", "Hahn")


@rows(
    ("locale", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("en", "en"),
        ("en-GB", "en"),
        ("de", "de"),
        ("de-CH", "de"),
        ("de-CH-1996", "de"),
        ("DE-at", "de"),
        ("zh-Hans-CN", "zh"),
        ("fr-CA", "fr"),
        ("pt-BR", "en"),
        ("deu", "en"),
        ("-", "en"),
    ],
)
def test_a_locale_falls_back_to_its_language_and_then_to_english(locale: str | None, language: str) -> None:
    assert in_locale(WORDS, locale) == WORDS[language]


def test_the_most_special_tag_wins() -> None:
    assert in_locale({**WORDS, "de-ch": "Hahnen"}, "de-CH-1996") == "Hahnen"


def test_there_are_words_in_every_language() -> None:
    assert tuple(WORDS) == LANGUAGES
