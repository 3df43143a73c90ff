"""Is what people write kept in one form, and what cannot be seen refused by its number?"""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.prose import TEXT_LENGTH_MAX, TITLE_LENGTH_MAX, checked_text, checked_title
from app.domain.shared.refusal import InvalidInput
from tests.rows import rows

WRITTEN = [
    "می\u200cخواهم",
    "👩\u200d👧",
    "❤\ufe0f",
    "葛\U000e0100",
    "א\u200f!",
    "Zoë 李",
    "🫨",
    "a\u0301\u0323b",
    "\U0001fae9",
]
"""Joiners, direction marks and selectors, marks in any order, and an emoji younger than the Unicode that we know."""


@rows("text", ["Two\r\nlines\tand a tab", "x" * TEXT_LENGTH_MAX, *WRITTEN])
def test_what_people_type_is_kept_in_one_form(text: str) -> None:
    assert checked_text(text, "text") == unicodedata.normalize("NFC", text)


@rows("title", WRITTEN)
def test_titles_are_in_everybody_s_language(title: str) -> None:
    assert checked_title(title) == unicodedata.normalize("NFC", title)


UNWRITTEN = ["\u202e", "\u2066", "\u3164", "\u115f", "\u2800", "\ue000", "\U000f0000", "\ufdd0", "\uffff", "\U0010ffff"]
UNWRITTEN += ["\U000e0041", "\U000e0001", "\ud800", "\x00", "\x1b", "\x85", "\u2028", "\u00ad", "\u200b", "\ufeff"]


@rows("symbol", UNWRITTEN)
@rows("checked", [checked_title, lambda text: checked_text(text, "text")])
def test_what_cannot_be_seen_is_refused_by_its_number(checked: Callable[[str], str], symbol: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked(f"a{symbol}b")
    assert refused.value.character == symbol
    assert f"U+{ord(symbol):04X}" in refused.value.message
    with pytest.raises(InvalidInput):
        checked(f" {symbol} ")


@given(st.text(st.characters(codec=None), max_size=20))
def test_a_text_that_is_kept_stays_as_it_is_and_has_something_to_see(typed: str) -> None:
    try:
        kept = checked_text(typed, "text")
    except InvalidInput:
        return
    assert checked_text(kept, "text") == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert kept.strip()
    assert kept.encode()


def test_a_tower_of_marks_is_refused_without_being_sorted() -> None:
    # To sort as many marks would take hours.
    with pytest.raises(InvalidInput):
        checked_text("a" + "\u0300\u0316" * 1_000_000, "text")


@rows(("title", "kept"), [(" Bath ", "Bath"), ("x" * TITLE_LENGTH_MAX, "x" * TITLE_LENGTH_MAX)])
def test_a_title_is_trimmed(title: str, kept: str) -> None:
    assert checked_title(title) == kept


@rows("title", ["", "  \t", "x" * (TITLE_LENGTH_MAX + 1), "\ufeff", "a\nb", "a\u202eb", "a\x00b"])
def test_an_empty_or_long_title_is_refused(title: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_title(title)
    assert refused.value.path == ("title",)


@rows("text", ["", "  \n", "x" * (TEXT_LENGTH_MAX + 1), "\u200b\u2060", "a\x00b", "a\x1b[31m"])
def test_an_empty_or_long_comment_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_text(text, "text")
    assert refused.value.path == ("text",)
