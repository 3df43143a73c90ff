"""Is an engraving what its author typed, in one form, short enough, and nothing that a laser or a page trips over?"""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.catalogue.catalogue import Engraving
from app.domain.configuration.engraving import COMPOSED_MAX, checked_engraving
from app.domain.shared.character import UNSEEN
from app.domain.shared.refusal import InvalidInput
from tests.domain.build import catalogue
from tests.rows import rows

ANYTHING = Engraving(12, r"(?s:.)")
SEEDED = {model.sku: model.engraving for model in catalogue().model.values() if model.engraving}
NAME = SEEDED["WM-FRONT-9"]


def refusal(rule: Engraving | None, typed: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        checked_engraving(rule, typed)
    assert refused.value.path == ("engraving",)
    said, symbol = str(refused.value), refused.value.character
    assert (symbol is not None) == ("cannot be engraved" in said and "model" not in said)
    assert symbol is None or f"U+{ord(symbol):04X}" in said
    return said


@rows(
    "typed",
    [
        *("Anna", "Zoë & 李华", "Müller-Lüdenscheidt", "L’été 9.", "Đặng Thị Hồng", "민준", "أمل"),
        *("दीपा", "น้ำ ครู", "தமிழ்", "ഉണ്ണി", "ঢাকা", "מִרְיָם", "مُحَمَّد", "ကြွေး", "ខ្មែរ"),
    ],
)
def test_names_in_many_scripts_are_engraved_as_they_are(typed: str) -> None:
    assert checked_engraving(NAME, typed) == typed


@rows("typed", ["Zoe\u0308", "D\u0323a\u0306\u0323ng", "\u1112\u1161\u11ab", "\u212bsa", "\u1100\u1161"])
def test_what_is_typed_in_parts_is_kept_composed(typed: str) -> None:
    kept = checked_engraving(ANYTHING, typed)
    assert kept == unicodedata.normalize("NFC", typed)
    assert checked_engraving(ANYTHING, kept) == kept


@rows(
    ("typed", "said"),
    [
        ("a<b", "“<” (U+003C LESS-THAN SIGN)"),
        ('a"b', '“"” (U+0022 QUOTATION MARK)'),
        ("a\u0301x\u0301", "U+0301 COMBINING ACUTE ACCENT"),
        ("Z\u0335\u0321a", "U+0335 COMBINING SHORT STROKE OVERLAY"),
        ("ीद", "U+0940 DEVANAGARI VOWEL SIGN II"),
        ("aी", "U+0940 DEVANAGARI VOWEL SIGN II"),
        ("दी่", "U+0E48 THAI CHARACTER MAI EK"),
        ("9ी", "U+0940 DEVANAGARI VOWEL SIGN II"),
        ("द́", "U+0301 COMBINING ACUTE ACCENT"),
        ("ค" + "่" * 5, "U+0E48 THAI CHARACTER MAI EK"),
        ("ក឴", "U+17B4 KHMER VOWEL INHERENT AQ"),
        ("a\u202eb", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("a\u2066b", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("a\u200fb", "U+200F RIGHT-TO-LEFT MARK"),
        ("a\u200bb", "U+200B ZERO WIDTH SPACE"),
        ("a\u200db", "U+200D ZERO WIDTH JOINER"),
        ("a\ufeffb", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("a\u00adb", "U+00AD SOFT HYPHEN"),
        ("a\u3164b", "U+3164 HANGUL FILLER"),
        ("a\u00a0b", "U+00A0 NO-BREAK SPACE"),
        ("a\u2028b", "U+2028 LINE SEPARATOR"),
        ("\U0001f600", "“\U0001f600” (U+1F600 GRINNING FACE)"),
        ("1\ufe0f\u20e3", "U+FE0F VARIATION SELECTOR-16"),
        ("a\ud83d", "U+D83D half of a surrogate pair"),
        ("\udc00", "U+DC00 half of a surrogate pair"),
        ("a\x00b", "U+0000 a control character"),
        ("a\x1bb", "U+001B a control character"),
        ("a\x85b", "U+0085 a control character"),
        ("a\ue000b", "U+E000 a private-use character"),
        ("a\u0378b", "U+0378 an unassigned character"),
        ("a\U000e0041b", "U+E0041 TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_the_refusal_says_which_character_it_is_about(typed: str, said: str) -> None:
    assert refusal(NAME, typed) == f"{said} cannot be engraved."


@rows("symbol", list("\x00\n\x1b\x7f\x85\u00ad\u061c\u200b\u200d\u200e\u2028\u2029\u202e\u2066\ufeff"))
def test_what_cannot_be_seen_is_refused_even_where_a_model_allows_everything(symbol: str) -> None:
    assert f"U+{ord(symbol):04X}" in refusal(ANYTHING, f"a{symbol}b")


@rows("symbol", list("\u034f\u115f\u1160\u180b\u3164\ufe00\ufe0f\uffa0\ud800\udfff\ue000\uffff\U000e0100"))
def test_fillers_selectors_and_half_characters_are_refused_even_where_a_model_allows_everything(symbol: str) -> None:
    assert f"U+{ord(symbol):04X}" in refusal(ANYTHING, f"a{symbol}b")


def test_the_length_is_that_of_the_composed_text() -> None:
    four_to_one = "\u03b1\u0313\u0300\u0345"
    assert checked_engraving(ANYTHING, four_to_one * 12) == "\u1f82" * 12
    assert refusal(ANYTHING, four_to_one * 12 + "a") == "An engraving has at most 12 characters, not 49."
    assert refusal(ANYTHING, "a" * 13) == "An engraving has at most 12 characters, not 13."


def test_text_that_grows_when_it_is_normalised_is_measured_as_grown() -> None:
    assert checked_engraving(ANYTHING, "\u0958" * 6) == "\u0915\u093c" * 6
    assert refusal(ANYTHING, "\u0958" * 7) == "An engraving has at most 12 characters, not 14."
    assert refusal(ANYTHING, "\U0001d160" * 5) == "An engraving has at most 12 characters, not 15."


def test_no_more_characters_become_one_than_the_limit_assumes() -> None:
    composed = (chr(code) for code in range(0x110000) if unicodedata.is_normalized("NFC", chr(code)))
    assert max(len(unicodedata.normalize("NFD", symbol)) for symbol in composed) == COMPOSED_MAX


def test_a_tower_of_marks_is_refused_without_being_sorted() -> None:
    # To sort as many marks would take hours.
    assert "at most" in refusal(NAME, "a" + "\u0300\u0316" * 1_000_000)


@given(st.text(st.characters(codec=None), max_size=20))
def test_whatever_is_accepted_is_composed_short_visible_and_stays_as_it_is(typed: str) -> None:
    try:
        kept = checked_engraving(ANYTHING, typed)
    except InvalidInput:
        return
    if kept is None:
        assert not typed.strip()
        return
    assert unicodedata.is_normalized("NFC", kept) and 1 <= len(kept) <= ANYTHING.length_max
    assert not {unicodedata.category(symbol) for symbol in kept} & UNSEEN.keys()
    assert checked_engraving(ANYTHING, kept) == kept
    assert kept.encode()


@rows("rule", SEEDED.values())
def test_no_model_in_the_catalogue_engraves_what_means_something_to_a_page(rule: Engraving) -> None:
    assert not [symbol for symbol in '<>"`{}[]\\/$%;=#' if re.fullmatch(rule.allowed, symbol)]
