"""Is an edition the next one exactly if a model says something else, and does a unit keep what it was sold?"""

from dataclasses import replace
from decimal import Decimal

from app.domain.catalogue.catalogue import Catalogue, Model, Option
from app.domain.catalogue.edition import content_hash, next_edition, still_offered
from app.domain.catalogue.succession import succeeding
from app.domain.configuration.configuration import choose, evaluate
from app.domain.configuration.pricing import Charges, payable_difference
from tests.domain.build import MODEL, SELECTIONS, T0, at, options, text
from tests.domain.test_comparison import WHOLE, with_model
from tests.rows import rows

COLOUR, *OTHERS = MODEL.option_groups


def coloured(*colours: Option) -> Model:
    return replace(MODEL, option_groups=(replace(COLOUR, options=colours), *OTHERS))


def priced(code: str, amount: str | None) -> Option:
    return Option(code, text(code), {} if amount is None else {"CNY": Decimal(amount), "EUR": Decimal(amount)})


def test_editions_are_numbered_from_one_and_the_same_content_makes_no_other() -> None:
    first = next_edition(None, MODEL, T0)
    assert (first.number, first.valid_from, first.key) == (1, T0, ("WM-1", 1))
    assert next_edition(first, replace(MODEL), at(9)) is first
    second = next_edition(first, replace(MODEL, gtin="1"), at(9))
    assert (second.number, second.valid_from) == (2, at(9))
    third = next_edition(second, MODEL, at(10))
    assert (third.number, third.content_hash) == (3, first.content_hash)


@rows(
    ("changed", "differs"),
    [
        (replace(MODEL, base_price={"CNY": Decimal(100), "EUR": Decimal("1E2")}), False),
        (replace(MODEL, base_price={"EUR": Decimal("100.0"), "CNY": Decimal("100.00")}), False),
        (replace(MODEL, base_price={"CNY": Decimal("100.01"), "EUR": Decimal(100)}), True),
        (replace(MODEL, withdrawn=True), True),
        (replace(MODEL, name=text("Machine")), True),
        (replace(MODEL, routing=MODEL.routing[::-1]), True),
    ],
)
def test_the_hash_is_of_what_is_said_not_of_how_it_is_written(changed: Model, differs: bool) -> None:
    assert (content_hash(changed) != content_hash(MODEL)) is differs


def after(loaded: Model, own: Model = MODEL) -> Model:
    """Load another form of the model over the one that a unit was sold."""
    return succeeding(with_model(own), with_model(loaded)).model["WM-1"]


def test_a_unit_may_choose_what_its_own_edition_has_but_for_what_is_withdrawn_today() -> None:
    own = coloured(*options("WHITE", "RED", "JADE"))
    offered = still_offered(own, after(coloured(*options("WHITE", "BLUE", "JADE")), own))
    assert [(option.code, option.withdrawn) for option in offered.groups["COLOUR"].options] == [
        ("WHITE", False),
        ("RED", True),
        ("JADE", False),
    ]
    wanted = choose(offered, SELECTIONS, [("COLOUR", ["RED"])])
    assert [conflict.options for conflict in evaluate(offered, wanted).conflicts] == [("COLOUR.RED",)]


def test_a_unit_keeps_what_it_has_although_it_is_withdrawn_and_may_change_something_else() -> None:
    own = coloured(*options("WHITE", "RED"))
    offered = still_offered(own, after(coloured(*options("WHITE")), own), {"COLOUR.RED"})
    has = {**SELECTIONS, "COLOUR": ("RED",)}
    assert evaluate(offered, choose(offered, has, [("SIZE", ["L"])])).consistent


def test_that_a_model_is_withdrawn_takes_nothing_from_who_has_bought_it() -> None:
    current = succeeding(WHOLE, Catalogue((), WHOLE.carriers, WHOLE.markets)).model["WM-1"]
    assert current.withdrawn
    offered = still_offered(MODEL, current)
    assert offered is MODEL and evaluate(offered, SELECTIONS).consistent


def test_the_same_edition_offers_itself() -> None:
    assert still_offered(MODEL, MODEL) is MODEL
    assert still_offered(MODEL, after(replace(MODEL, gtin="1"))) is MODEL


@rows(
    ("paid", "listed", "worth"),
    [
        ("200.00", "999.00", "-200.00"),
        ("999.00", "200.00", "-999.00"),
        ("200.00", None, "-200.00"),
        (None, "200", "0.00"),
    ],
)
def test_what_was_paid_for_an_option_is_what_it_is_worth_in_a_change_whatever_is_listed_today(
    paid: str | None, listed: str | None, worth: str
) -> None:
    own = coloured(priced("WHITE", None), priced("RED", paid))
    offered = still_offered(own, after(coloured(priced("WHITE", None), priced("RED", listed)), own), {"COLOUR.RED"})
    white, red = ({**SELECTIONS, "COLOUR": (code,)} for code in ("WHITE", "RED"))
    assert payable_difference(offered, Charges(Decimal("9.90")), "CNY", red, white) == Decimal(worth)
    assert payable_difference(offered, Charges(Decimal("9.90")), "CNY", white, red) == -Decimal(worth)
