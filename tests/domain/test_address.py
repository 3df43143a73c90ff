"""Is an address refused where no parcel could be sent, and accepted where one could?"""

from dataclasses import replace
from typing import Any

import pytest

from app.domain.order.address import LENGTH_MAX, POSTAL_CODE, checked_address
from app.domain.order.order import Address
from app.domain.shared.refusal import InvalidInput
from tests.rows import rows

HOME = Address(" Anna Weber ", (" Hauptstraße 1 ", "2. Stock"), " Köln ", "DE", " 50667 ", " +49 221 1 ")

GOOD = {
    "AT": ["1010"],
    "AU": ["2000"],
    "BE": ["1000"],
    "BG": ["1000"],
    "BR": ["01310-100", "01310100"],
    "CA": ["K1A 0B1", "K1A0B1", "k1a 0b1"],
    "CH": ["8001"],
    "CN": ["528300"],
    "CY": ["1010"],
    "CZ": ["110 00", "11000"],
    "DE": ["50667"],
    "DK": ["1050"],
    "EE": ["10111"],
    "ES": ["28001"],
    "FI": ["00100"],
    "FR": ["75001"],
    "GB": ["SW1A 1AA", "M1 1AE", "B338TH", "sw1a 1aa", "EC1A 1BB"],
    "GR": ["105 57", "10557"],
    "HR": ["10000"],
    "HU": ["1011"],
    "IE": ["D02 X285", "D6WXH28"],
    "IN": ["560001", "560 001"],
    "IS": ["101"],
    "IT": ["00118"],
    "JP": ["100-0001", "1000001"],
    "KR": ["04524"],
    "LI": ["9490"],
    "LT": ["01100", "LT-01100"],
    "LU": ["1009", "L-1009"],
    "LV": ["LV-1010", "1010"],
    "MT": ["VLT 1117", "VLT1117"],
    "MX": ["06000"],
    "MY": ["50050"],
    "NL": ["1011 AB", "1011ab"],
    "NO": ["0150"],
    "NZ": ["6011"],
    "PL": ["00-001"],
    "PT": ["1100-148"],
    "RO": ["010011"],
    "RS": ["11000", "110000"],
    "SE": ["111 22", "11122"],
    "SG": ["018956"],
    "SI": ["1000"],
    "SK": ["811 01", "81101"],
    "TH": ["10200"],
    "TR": ["34000"],
    "TW": ["100", "10001", "100-012"],
    "UA": ["01001"],
    "US": ["94103", "94103-1234"],
    "ZA": ["8001"],
}
BAD = {
    "AT": ["10100", "A-1010"],
    "AU": ["200"],
    "BE": ["B-1000"],
    "BG": ["100"],
    "BR": ["01310-10"],
    "CA": ["K1A 0B", "11A 0B1"],
    "CH": ["CH8001"],
    "CN": ["52830", "5283000", "５２８３００"],
    "CY": ["101"],
    "CZ": ["1100"],
    "DE": ["5066", "506677", "5066A", "٥٠٦٦٧"],
    "DK": ["DK-1050"],
    "EE": ["1011"],
    "ES": ["2800"],
    "FI": ["0010"],
    "FR": ["750011"],
    "GB": ["SW1A", "1AA SW1A"],
    "GR": ["1055"],
    "HR": ["HR-10000"],
    "HU": ["10111"],
    "IE": ["D02", "02D X285"],
    "IN": ["56001"],
    "IS": ["1011"],
    "IT": ["I-00118"],
    "JP": ["10-00001"],
    "KR": ["110-110"],
    "LI": ["8001"],
    "LT": ["0110"],
    "LU": ["100"],
    "LV": ["LV1010"],
    "MT": ["1117 VLT"],
    "MX": ["6000"],
    "MY": ["5005"],
    "NL": ["AB 1011"],
    "NO": ["15"],
    "NZ": ["601"],
    "PL": ["00001"],
    "PT": ["1100148", "1100"],
    "RO": ["10011"],
    "RS": ["1100"],
    "SE": ["1112"],
    "SG": ["18956"],
    "SI": ["SI-1000"],
    "SK": ["8110"],
    "TH": ["1020"],
    "TR": ["3400"],
    "TW": ["10"],
    "UA": ["0100"],
    "US": ["9410", "94103-12", "94103 1234"],
    "ZA": ["800"],
}


def test_every_form_is_in_the_tables() -> None:
    assert set(GOOD) == set(BAD) == set(POSTAL_CODE)


@rows(("country", "code"), [(country, code) for country, codes in GOOD.items() for code in codes])
def test_a_postal_code_of_the_country_is_accepted(country: str, code: str) -> None:
    home = replace(HOME, country=country, postal_code=f" {code} ")
    assert checked_address(home, country).postal_code == code.upper()


@rows(
    ("country", "code"),
    [(country, code) for country, codes in BAD.items() for code in (*codes, "", "   ", None)],
)
def test_another_postal_code_is_refused(country: str, code: str | None) -> None:
    with pytest.raises(InvalidInput, match=country) as refused:
        checked_address(replace(HOME, country=country, postal_code=code), country)
    assert refused.value.path == ("shippingAddress", "postalCode")


@rows(("code", "kept"), [(None, None), ("", None), ("  ", None), ("ab 12", "AB 12")])
def test_a_country_without_a_known_form_needs_no_postal_code(code: str | None, kept: str | None) -> None:
    assert checked_address(replace(HOME, country="AE", postal_code=code), "AE").postal_code == kept


@rows("code", ["x" * 17, "D02\nX285"])
def test_a_postal_code_without_a_known_form_has_16_printable_characters_at_most(code: str) -> None:
    with pytest.raises(InvalidInput):
        checked_address(replace(HOME, country="AE", postal_code=code), "AE")


def test_an_address_is_trimmed() -> None:
    expected = Address("Anna Weber", ("Hauptstraße 1", "2. Stock"), "Köln", "DE", "50667", "+49 221 1")
    assert checked_address(HOME, "DE") == expected
    assert checked_address(expected, "DE") == expected


def test_a_phone_number_may_be_left_out() -> None:
    assert checked_address(replace(HOME, phone=None), "DE").phone is None
    assert checked_address(replace(HOME, phone=""), "DE").phone is None


@rows(
    ("changes", "path"),
    [
        ({"country": "XX"}, ("country",)),
        ({"country": "AT"}, ("country",)),
        ({"lines": ()}, ("lines",)),
        ({"lines": ("a", "b", "c", "d", "e")}, ("lines",)),
        ({"lines": ("a", " ")}, ("lines", "1")),
        ({"lines": ("x" * (LENGTH_MAX + 1),)}, ("lines", "0")),
        ({"name": ""}, ("name",)),
        ({"name": "a\x00b"}, ("name",)),
        ({"name": "a\ud800b"}, ("name",)),
        ({"city": "\t"}, ("city",)),
        ({"city": "x" * (LENGTH_MAX + 1)}, ("city",)),
        ({"phone": "  "}, ("phone",)),
    ],
)
def test_a_refusal_names_the_field(changes: dict[str, Any], path: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_address(replace(HOME, **changes), "DE")
    assert refused.value.path == ("shippingAddress", *path)


def test_the_longest_fields_are_accepted() -> None:
    longest = "x" * LENGTH_MAX
    address = replace(HOME, name=longest, lines=(longest,) * 4, city=longest)
    assert checked_address(address, "DE").lines == (longest,) * 4
