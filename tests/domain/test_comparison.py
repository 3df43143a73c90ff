"""Does a comparison of catalogues name each thing that differs, as what it is, and nothing else?"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.domain.catalogue.catalogue import Carrier, Catalogue, Category, Engraving, Factory, Market, Model, Option, Tax
from app.domain.catalogue.comparison import differences
from tests.domain.build import LINE, MODEL, catalogue, concession, options, text
from tests.rows import rows

FACTORY = Factory("F", text("Factory"), "Foshan", "CN", Category.WASHING_MACHINE, "Asia/Shanghai", (LINE,), (MODEL,))
CARRIER = Carrier("H", "Haulier", {"*": (1, 2)})
MARKET = Market("*", {"EUR": Decimal("1.00")}, Tax(text("Tax"), Decimal("0.19"), True))
WHOLE = Catalogue((FACTORY,), (CARRIER,), (MARKET,))
COLOUR, SIZE, *OTHERS = MODEL.option_groups
WHITE, RED = COLOUR.options


def with_model(model: Model) -> Catalogue:
    return replace(WHOLE, factories=(replace(FACTORY, models=(model,)),))


def with_colours(*colours: Option) -> Catalogue:
    return with_model(replace(MODEL, option_groups=(replace(COLOUR, options=colours), SIZE, *OTHERS)))


NOISE = MODEL.characteristics["NOISE"]


def with_noise(**changes: Any) -> Catalogue:
    plan = (replace(entry, **changes) if entry is NOISE else entry for entry in MODEL.inspection_plan)
    return with_model(replace(MODEL, inspection_plan=tuple(plan)))


DEARER = replace(RED, surcharge={"EUR": Decimal(5)})
IN_MODEL = "factory F, model WM-1"


@rows(
    ("after", "told"),
    [
        (WHOLE, []),
        (replace(WHOLE, factories=()), ["withdrawn factory F"]),
        (replace(WHOLE, carriers=()), ["withdrawn carrier H"]),
        (replace(WHOLE, markets=()), ["withdrawn market *"]),
        (with_colours(WHITE), [f"withdrawn {IN_MODEL}, group COLOUR, option RED"]),
        (with_colours(WHITE, replace(RED, withdrawn=True)), [f"withdrawn {IN_MODEL}, group COLOUR, option RED"]),
        (with_colours(WHITE, RED, *options("BLUE")), [f"added     {IN_MODEL}, group COLOUR, option BLUE"]),
        (with_colours(RED, WHITE), [f"altered   {IN_MODEL}, group COLOUR: the order of its options"]),
        (with_colours(WHITE, DEARER), [f"price     {IN_MODEL}, group COLOUR, option RED: EUR none → 5.00"]),
        (
            with_colours(WHITE, replace(RED, added_days=2)),
            [f"altered   {IN_MODEL}, group COLOUR, option RED: added_days 0 → 2"],
        ),
        (
            with_colours(WHITE, replace(RED, name=text("Rouge"))),
            [f"altered   {IN_MODEL}, group COLOUR, option RED: name"],
        ),
        (with_model(replace(MODEL, option_groups=(COLOUR, *OTHERS))), [f"withdrawn {IN_MODEL}, group SIZE"]),
        (with_model(replace(MODEL, base_price={"CNY": Decimal(100)})), [f"price     {IN_MODEL}: EUR 100.00 → none"]),
        (with_model(replace(MODEL, withdrawn=True)), [f"withdrawn {IN_MODEL}"]),
        (with_model(replace(MODEL, engraving=Engraving(9, "[a-z]"))), [f"altered   {IN_MODEL}: engraving"]),
        (with_model(replace(MODEL, routing=MODEL.routing[1:])), [f"withdrawn {IN_MODEL}, operation PRESSING"]),
        (with_noise(upper_limit=65.5), [f"altered   {IN_MODEL}, characteristic NOISE: upper_limit 70 → 65.5"]),
        (
            with_noise(concession=concession("CONCESSION", 24, 1, "7")),
            [f"price     {IN_MODEL}, characteristic NOISE: {currency} 5.50 → 7.00" for currency in ("CNY", "EUR")],
        ),
        (
            replace(WHOLE, factories=(replace(FACTORY, lines=(replace(LINE, stations=LINE.stations[1:]),)),)),
            ["withdrawn factory F, line LINE-1, station S-0"],
        ),
        (
            replace(WHOLE, markets=(replace(MARKET, delivery={"EUR": Decimal(2)}, tax=None),)),
            ["price     market *: EUR 1.00 → 2.00", "altered   market *: tax"],
        ),
        (
            replace(WHOLE, markets=(replace(MARKET, tax=Tax(text("Tax"), Decimal("0.2"), True)),)),
            ["altered   market *: rate 0.19 → 0.2"],
        ),
    ],
)
def test_each_difference_is_told_by_what_it_is_and_where(after: Catalogue, told: list[str]) -> None:
    assert [str(found) for found in differences(WHOLE, after)] == told


def test_what_is_offered_again_is_added() -> None:
    gone = with_colours(WHITE, replace(RED, withdrawn=True))
    (found,) = differences(gone, WHOLE)
    assert str(found) == f"added     {IN_MODEL}, group COLOUR, option RED: offered again"


def test_a_first_load_adds_each_factory_carrier_and_market_and_tells_of_nothing_in_them() -> None:
    found = [str(each) for each in differences(Catalogue(), WHOLE)]
    assert found == ["added     factory F", "added     carrier H", "added     market *"]


def test_the_seeded_catalogue_does_not_differ_from_itself() -> None:
    assert list(differences(catalogue(), catalogue())) == []
