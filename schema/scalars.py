"""The scalars of the API, each with the standard it follows."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal as ExactDecimal
from decimal import InvalidOperation
from typing import NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from app.domain.shared.clock import to_millisecond
from app.domain.shared.refusal import InvalidInput
from app.domain.unit.code import format_code, parse_code

ProductCode = NewType("ProductCode", str)
CountryCode = NewType("CountryCode", str)
CurrencyCode = NewType("CurrencyCode", str)
Locale = NewType("Locale", str)

RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
DECIMAL = re.compile(r"[+-]?\d{1,15}(\.\d{1,6})?")
LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


def _refuse(kind: str, form: str) -> GraphQLError:
    return GraphQLError(f"This is no {kind}: expected {form}.", extensions={"code": "BAD_USER_INPUT"})


def _text(value: object, kind: str, form: str, pattern: "re.Pattern[str] | None" = None) -> str:
    if not isinstance(value, str) or (pattern is not None and not pattern.fullmatch(value)):
        raise _refuse(kind, form)
    return value


def parse_datetime(value: object) -> datetime:
    form = "RFC 3339 with offset, as 2026-11-22T09:30:00Z"
    text = _text(value, "DateTime", form, RFC3339)
    try:
        return to_millisecond(datetime.fromisoformat(text.upper()).astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise _refuse("DateTime", form) from error


def print_datetime(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_date(value: object) -> date:
    try:
        return date.fromisoformat(_text(value, "Date", "2026-11-22"))
    except ValueError as error:
        raise _refuse("Date", "2026-11-22") from error


def parse_decimal(value: object) -> ExactDecimal:
    form = 'an exact decimal as a string, as "12.50"'
    try:
        return ExactDecimal(_text(value if isinstance(value, str) else None, "Decimal", form, DECIMAL))
    except InvalidOperation as error:
        raise _refuse("Decimal", form) from error


def parse_product_code(value: object) -> str:
    try:
        return parse_code(_text(value, "ProductCode", "7K3M-9QXT-2CHV-E"))
    except InvalidInput as refusal:
        raise GraphQLError(refusal.message, extensions={"code": "BAD_USER_INPUT"}) from refusal


def parse_country(value: object) -> str:
    return _text(value, "CountryCode", "two capital letters of ISO 3166-1", re.compile("[A-Z]{2}"))


def parse_currency(value: object) -> str:
    return _text(value, "CurrencyCode", "three capital letters of ISO 4217", re.compile("[A-Z]{3}"))


def parse_locale(value: object) -> str:
    text = _text(value, "Locale", "a BCP 47 tag, as de-CH", LOCALE).replace("_", "-")
    language, *rest = text.split("-")
    return "-".join([language.lower(), *(part.upper() if len(part) == 2 else part for part in rest)])


def _same(value: str) -> str:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="A date and time with offset, by RFC 3339. Answers are in UTC, to the millisecond.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=print_datetime,
        parse_value=parse_datetime,
    ),
    date: strawberry.scalar(
        name="Date",
        description="A date, by RFC 3339: 2026-11-22.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=date.isoformat,
        parse_value=parse_date,
    ),
    ExactDecimal: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number, as a string: "12.50". It is never a float.',
        specified_by_url="https://www.w3.org/TR/xmlschema-2/#decimal",
        serialize=str,
        parse_value=parse_decimal,
    ),
    ProductCode: strawberry.scalar(
        name="ProductCode",
        description=(
            "The ID code of one unit, for example 7K3M-9QXT-2CHV-E. In inputs, case, hyphens and spaces do "
            "not matter, O is read as 0, and I and L as 1. A code with a wrong check symbol (ISO/IEC 7064 "
            "MOD 37,36) is refused."
        ),
        specified_by_url="https://www.iso.org/standard/31531.html",
        serialize=format_code,
        parse_value=parse_product_code,
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode",
        description="A country, by its ISO 3166-1 alpha-2 code: two capital letters.",
        specified_by_url="https://www.iso.org/iso-3166-country-codes.html",
        serialize=_same,
        parse_value=parse_country,
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="A currency, by its ISO 4217 code: three capital letters.",
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=_same,
        parse_value=parse_currency,
    ),
    Locale: strawberry.scalar(
        name="Locale",
        description="A language, by its BCP 47 tag: de-CH. Texts that there are not in de-CH come in de, or else in "
        "en.",
        specified_by_url="https://www.rfc-editor.org/info/bcp47",
        serialize=_same,
        parse_value=parse_locale,
    ),
}

__all__ = ["SCALARS", "CountryCode", "CurrencyCode", "Locale", "ProductCode"]
