"""Is the printed report escaped, without scripts, in the reader's language, and drawn where the values lie?"""

import re
from dataclasses import replace

import pytest
from markupsafe import escape

from app.domain.catalogue.unit_of_measure import SIGNS
from app.domain.shared.text import LANGUAGES
from app.domain.unit.evidence import Measurement
from app.domain.unit.performance import PerformanceValue, Rank
from app.web.report.bar import WIDTH, bar
from app.web.report.page import page
from app.web.report.words import WORDS
from tests.domain.build import at, catalogue, text
from tests.domain.test_performance import issued

RESOLVER = "https://id.zerodistance.example"
EVIL = "<script>alert(1)</script>\"'&"


def test_every_text_is_escaped_and_there_is_no_script() -> None:
    report = issued()
    value = report.values[1]
    evil = replace(
        report,
        model_name=text(EVIL),
        model=EVIL,
        summary=text(EVIL),
        content_hash=EVIL,
        values=(replace(value, name=text(EVIL), measurement=replace(value.measurement, instrument=EVIL, unit=EVIL)),),
        type_tests=(replace(report.type_tests[0], name=text(EVIL), method=EVIL, unit=EVIL),),
    )
    html = page(evil, "en", RESOLVER)
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;") == 11
    assert not re.search(r"\son\w+=|\sstyle=|javascript:|<link|<img|@import|url\(", html)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_in_one_language_throughout(language: str) -> None:
    html = page(issued(ranks={"NOISE": Rank(1, 0, 20)}), f"{language}-XX", RESOLVER)
    assert f'<html lang="{language}">' in html
    for name in ("title", "code", "issued", "measured", "tested", "limits", "type_test", "legend", "passed"):
        assert escape(WORDS[name][language]) in html, name


@pytest.mark.parametrize(("locale", "written"), [("en", "0.043 Ω"), ("de", "0,043 Ω"), ("fr", "0,043 Ω")])
def test_numbers_are_written_as_the_reader_does(locale: str, written: str) -> None:
    value = PerformanceValue(text("Earth"), Measurement("EARTH", 0.043, "OHM", True, None, 0.1), at(0))
    html = page(replace(issued(), values=(value,)), locale, RESOLVER)
    assert f"{written}</td>" in html


def test_a_value_outside_its_limits_says_so() -> None:
    value = PerformanceValue(text("Colour"), Measurement("COLOUR", 1.5, "C62", False, None, 1.0), at(0))
    html = page(replace(issued(), values=(value,)), "de", RESOLVER)
    assert WORDS["accepted"]["de"] in html
    assert 'class="outside"' in html


def drawn(value: float, lower: float | None, upper: float | None, type_test: float | None = None) -> object:
    measurement = Measurement("X", value, "C62", True, lower, upper)
    return bar(PerformanceValue(text("X"), measurement, at(0), type_test=type_test))


@pytest.mark.parametrize(
    ("lower", "upper", "value"),
    [(2.0, None, 500.0), (None, 70.0, 60.0), (-1.0, 1.0, 0.0), (2.0, None, 2.0), (0.0, 1.0, 9.0), (1e-9, 1e9, -1e12)],
)
def test_a_drawing_keeps_the_order_of_the_figures_and_its_bounds(
    lower: float | None, upper: float | None, value: float
) -> None:
    found = bar(PerformanceValue(text("X"), Measurement("X", value, "C62", True, lower, upper), at(0)))
    assert found is not None
    assert 0 <= found.band_from < found.band_to <= WIDTH
    assert 0 <= found.value <= WIDTH
    assert lower is None or (value >= lower) == (found.value >= found.band_from)
    assert upper is None or (value <= upper) == (found.value <= found.band_to)
    assert len(found.limits) == (lower is not None) + (upper is not None)


def test_without_limits_there_is_nothing_to_draw() -> None:
    assert drawn(1.0, None, None) is None


def test_every_unit_of_the_seeded_catalogue_has_a_sign() -> None:
    for model in catalogue().model.values():
        units = {checked.unit for checked in model.inspection_plan if checked.unit}
        assert units | {test.unit for test in model.type_tests} <= set(SIGNS), model.sku
