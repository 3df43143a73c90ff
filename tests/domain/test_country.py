"""Are the countries those of ISO 3166-1?"""

import re

import pytest

from app.domain.shared.country import COUNTRIES, checked_country, country_names
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.text import LANGUAGES
from tests.domain.build import catalogue
from tests.rows import rows


def test_there_are_the_249_codes_of_the_standard() -> None:
    assert len(COUNTRIES) == 249
    assert all(re.fullmatch("[A-Z]{2}", code) for code in COUNTRIES)


@rows("code", sorted(COUNTRIES))
def test_a_country_is_accepted(code: str) -> None:
    assert checked_country(code, ()) == code


@rows("code", ["", "cn", "XX", "ZZ", "EU", "UK", "DEU", "*", "x" * 1000])
def test_what_is_no_country_is_refused_with_its_path(code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        checked_country(code, ("country",))
    assert refused.value.path == ("country",)
    assert len(refused.value.message) < 80


def test_every_country_of_the_catalogue_exists() -> None:
    known = catalogue()
    served = {country for carrier in known.carriers for country in carrier.transit_days} - {"*"}
    options = [o for model in known.model.values() for group in model.option_groups for o in group.options]
    sold = {country for option in options for country in option.markets or ()}
    homes = {factory.country for factory in known.factories}
    markets = {country for factory in known.factories for country in factory.markets or ()}
    assert served | sold | homes | markets <= COUNTRIES


def test_every_country_has_a_name_in_every_language() -> None:
    for code in COUNTRIES:
        names = country_names(code)
        assert set(names) == set(LANGUAGES)
        assert code not in names.values()
