"""The report as a page to print: HTML without scripts, everything in it escaped."""

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from babel.dates import format_date
from babel.numbers import format_decimal
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.domain.catalogue.unit_of_measure import with_unit
from app.domain.shared.text import LANGUAGES, Text, in_locale
from app.domain.unit.code import digital_link, format_code
from app.domain.unit.performance import PerformanceReport, PerformanceValue
from app.web.report.bar import HEIGHT, WIDTH, bar
from app.web.report.words import WORDS

HERE = Path(__file__).parent
STYLE = (HERE / "page.css").read_text(encoding="utf-8")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)


def page(report: PerformanceReport, locale: str | None, resolver: str) -> str:
    """Write a report as HTML in the language of a locale."""
    language = language_of(locale)
    words = {name: in_locale(text, language) for name, text in WORDS.items()}

    def text(words: Text) -> str:
        return in_locale(words, language)

    def amount(value: float, unit: str) -> str:
        return with_unit(format_decimal(value, locale=language, decimal_quantization=False), unit)

    return TEMPLATES.get_template("page.html").render(
        language=language,
        style=Markup(STYLE),  # our own file, not data
        words=words,
        report=report,
        code=format_code(report.product),
        link=digital_link(resolver, report.gtin, report.product),
        issued=f"{format_date(report.issued_at, 'long', locale=language)}, {report.issued_at:%H:%M} UTC",
        text=text,
        amount=amount,
        bar=bar,
        width=WIDTH,
        height=HEIGHT,
        compared=lambda value: compared(value, words),
    )


def language_of(locale: str | None) -> str:
    """Choose the language we write in for a locale."""
    return in_locale({language: language for language in LANGUAGES}, locale)


def compared(value: PerformanceValue, words: Mapping[str, str]) -> str:
    """Say where a value stands among those of the units made before; nothing where there are too few."""
    if value.percentile is None:
        return ""
    if value.better_than is None:
        return words["above"].format(share=round(value.percentile), count=value.siblings)
    return words["better"].format(share=round(value.better_than), count=value.siblings)
