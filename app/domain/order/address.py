"""Whether a parcel can be sent to an address."""

import re
from collections.abc import Mapping
from dataclasses import replace

from app.domain.order.order import Address
from app.domain.shared.country import checked_country
from app.domain.shared.refusal import InvalidInput

LENGTH_MAX = 200
LINES_MAX = 4
SPACES = {ord(space): " " for space in "\u00a0\u202f\u3000"}  # as phone keyboards write them
POSTAL_CODE: Mapping[str, str] = {
    "AT": r"\d{4}",
    "AU": r"\d{4}",
    "BE": r"\d{4}",
    "BG": r"\d{4}",
    "BR": r"\d{5}-?\d{3}",
    "CA": r"[A-Z]\d[A-Z] ?\d[A-Z]\d",
    "CH": r"\d{4}",
    "CN": r"\d{6}",
    "CY": r"\d{4}",
    "CZ": r"\d{3} ?\d{2}",
    "DE": r"\d{5}",
    "DK": r"\d{4}",
    "EE": r"\d{5}",
    "ES": r"\d{5}",
    "FI": r"\d{5}",
    "FR": r"\d{5}",
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}",
    "GR": r"\d{3} ?\d{2}",
    "HR": r"\d{5}",
    "HU": r"\d{4}",
    "IE": r"[A-Z]\d[\dW] ?[A-Z\d]{4}",
    "IN": r"\d{3} ?\d{3}",
    "IS": r"\d{3}",
    "IT": r"\d{5}",
    "JP": r"\d{3}-?\d{4}",
    "KR": r"\d{5}",
    "LI": r"94\d{2}",
    "LT": r"(LT-)?\d{5}",
    "LU": r"(L-)?\d{4}",
    "LV": r"(LV-)?\d{4}",
    "MT": r"[A-Z]{3} ?\d{4}",
    "MX": r"\d{5}",
    "MY": r"\d{5}",
    "NL": r"\d{4} ?[A-Z]{2}",
    "NO": r"\d{4}",
    "NZ": r"\d{4}",
    "PL": r"\d{2}-\d{3}",
    "PT": r"\d{4}-\d{3}",
    "RO": r"\d{6}",
    "RS": r"\d{5,6}",
    "SE": r"\d{3} ?\d{2}",
    "SG": r"\d{6}",
    "SI": r"\d{4}",
    "SK": r"\d{3} ?\d{2}",
    "TH": r"\d{5}",
    "TR": r"\d{5}",
    "TW": r"\d{3}(-?\d{2,3})?",
    "UA": r"\d{5}",
    "US": r"\d{5}(-\d{4})?",
    "ZA": r"\d{4}",
}
"""The forms of postal codes by country; one that is not here has none, or none that is checked."""


def checked_address(address: Address, country: str) -> Address:
    """Check an address to a country and trim it; raises InvalidInput naming the field and its limit."""
    checked_country(address.country, ("shippingAddress", "country"))
    if address.country != country:
        message = f"This is bought for a delivery to {country}, not {address.country}."
        raise InvalidInput(message, ("shippingAddress", "country"))
    if not 1 <= len(address.lines) <= LINES_MAX:
        raise InvalidInput(f"An address has 1 to {LINES_MAX} lines.", ("shippingAddress", "lines"))
    postal_code = _checked_postal_code(address.postal_code, country)
    return replace(
        address,
        name=_checked(address.name, "name"),
        lines=tuple(_checked(line, "lines", str(index)) for index, line in enumerate(address.lines)),
        city=_checked(address.city, "city"),
        postal_code=postal_code,
        phone=_checked(address.phone, "phone") if address.phone else None,
    )


def _checked(text: str, *path: str) -> str:
    text = text.translate(SPACES).strip()
    if not 1 <= len(text) <= LENGTH_MAX or not text.isprintable():
        raise InvalidInput(f"Give 1 to {LENGTH_MAX} printable characters.", ("shippingAddress", *path))
    return text


def _checked_postal_code(postal_code: str | None, country: str) -> str | None:
    form = POSTAL_CODE.get(country)
    text = (postal_code or "").strip().upper()
    if form is not None and not re.fullmatch(form, text, re.ASCII):
        raise InvalidInput(f"This is not a postal code of {country}.", ("shippingAddress", "postalCode"))
    if len(text) > 16 or not text.isprintable():
        raise InvalidInput("A postal code has at most 16 characters.", ("shippingAddress", "postalCode"))
    return text or None
