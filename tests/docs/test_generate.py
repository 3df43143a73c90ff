"""What the pages of the guide take from the code is as the code is now."""

from docs.generate import BEGIN, END, PARTS, renewed, stale
from tests.docs.page import ROOT


def test_the_generated_parts_are_up_to_date() -> None:
    assert not list(stale()), "run scripts/check --fix"


def test_every_generated_part_stands_on_one_page() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "guide").glob("*.md")]
    assert {name: sum(BEGIN.format(name) in page for page in pages) for name in PARTS} == dict.fromkeys(PARTS, 1)


def test_a_part_is_written_anew_and_what_stands_around_it_is_left_alone() -> None:
    page = f"# Page\n{BEGIN.format('nouns')}| old |\n{END}after\n"
    assert renewed(page) == f"# Page\n{BEGIN.format('nouns')}{''.join(PARTS['nouns']())}{END}after\n"
    assert renewed(renewed(page)) == renewed(page)
