"""Is nothing lost when a catalogue is loaded over another, and is the same again no change?"""

from collections.abc import Callable
from dataclasses import replace

from app.domain.catalogue.catalogue import Carrier, Catalogue
from app.domain.catalogue.comparison import differences
from app.domain.catalogue.edition import content_hash
from app.domain.catalogue.succession import succeeding
from tests.domain.build import LINE, MODEL, catalogue, options
from tests.domain.test_comparison import FACTORY, WHOLE, with_model
from tests.rows import rows

COLOUR, *OTHERS = MODEL.option_groups
SECOND = replace(MODEL, sku="WM-2", gtin="2", line="LINE-2")
SECOND_LINE = replace(LINE, code="LINE-2", stations=LINE.stations[:3])
TWO = replace(WHOLE, factories=(replace(FACTORY, lines=(LINE, SECOND_LINE), models=(MODEL, SECOND)),))


def with_colours(*codes: str) -> Catalogue:
    return with_model(replace(MODEL, option_groups=(replace(COLOUR, options=options(*codes)), *OTHERS)))


def colours(found: Catalogue) -> list[tuple[str, bool]]:
    return [(option.code, option.withdrawn) for option in found.model["WM-1"].groups["COLOUR"].options]


def test_an_option_that_is_no_longer_there_is_kept_behind_those_that_are() -> None:
    found = succeeding(WHOLE, with_colours("BLUE", "RED"))
    assert colours(found) == [("BLUE", False), ("RED", False), ("WHITE", True)]


def test_an_option_that_is_renamed_is_one_withdrawn_and_one_added() -> None:
    found = succeeding(WHOLE, with_colours("WHITE", "CRIMSON"))
    assert colours(found) == [("WHITE", False), ("CRIMSON", False), ("RED", True)]
    told = [str(each).split()[0] for each in differences(WHOLE, found)]
    assert sorted(told) == ["added", "withdrawn"]


def test_what_was_withdrawn_stays_so_over_any_number_of_loads_until_it_is_offered_again() -> None:
    found = WHOLE
    for codes in (("WHITE",), ("WHITE", "BLUE"), ("BLUE",)):
        found = succeeding(found, with_colours(*codes))
    assert set(colours(found)) == {("BLUE", False), ("WHITE", True), ("RED", True)}
    assert colours(succeeding(found, WHOLE)) == [("WHITE", False), ("RED", False), ("BLUE", True)]


def test_a_group_that_is_no_longer_there_is_kept_without_a_need_to_choose_in_it() -> None:
    found = succeeding(WHOLE, with_model(replace(MODEL, option_groups=tuple(OTHERS)))).model["WM-1"]
    assert list(found.groups) == ["SIZE", "EXTRAS", "LABEL", "COLOUR"]
    group = found.groups["COLOUR"]
    assert (group.required, group.offered, group.freezes_at) == (False, (), "PAINTING")


def test_a_group_kept_freezes_at_no_operation_that_is_gone() -> None:
    routing = tuple(operation for operation in MODEL.routing if operation.code != "PAINTING")
    changed = replace(MODEL, option_groups=tuple(OTHERS), routing=routing)
    assert succeeding(WHOLE, with_model(changed)).model["WM-1"].groups["COLOUR"].freezes_at is None


def without_factories(_: Catalogue) -> Catalogue:
    return replace(TWO, factories=())


def without_second(whole: Catalogue) -> Catalogue:
    return replace(whole, factories=(replace(whole.factories[0], lines=(LINE,), models=(MODEL,)),))


def without_stations(whole: Catalogue) -> Catalogue:
    line = replace(LINE, stations=LINE.stations[2:])
    return replace(whole, factories=(replace(whole.factories[0], lines=(line, SECOND_LINE)),))


def without_carriers(whole: Catalogue) -> Catalogue:
    return replace(whole, carriers=(Carrier("NEW", "New", {"*": (1, 1)}),))


@rows("reduced", [without_factories, without_second, without_stations, without_carriers])
def test_everything_that_a_unit_may_refer_to_is_still_found(reduced: Callable[[Catalogue], Catalogue]) -> None:
    found = succeeding(TWO, reduced(TWO))
    assert set(found.model) == {"WM-1", "WM-2"} and set(found.line) == {"LINE-1", "LINE-2"}
    for model in found.model.values():
        line = found.line[model.line]
        assert all(line.find_station(operation.station) for operation in SECOND.routing[:3])
        assert found.factory_of(model).code == "F"
    assert "H" in found.carrier


def test_what_is_withdrawn_is_sold_and_carried_nowhere() -> None:
    found = succeeding(TWO, without_carriers(without_second(TWO)))
    assert found.model["WM-2"].withdrawn and found.line["LINE-2"].withdrawn and not found.model["WM-1"].withdrawn
    carrier = found.carrier_to("CN", "DE")
    assert carrier is not None and carrier.code == "NEW"


def test_a_model_that_another_factory_makes_from_now_on_is_not_withdrawn() -> None:
    other = replace(FACTORY, code="G", lines=(SECOND_LINE,), models=(SECOND,))
    found = succeeding(TWO, replace(TWO, factories=(replace(FACTORY, models=(MODEL,)), other)))
    assert [model.sku for factory in found.factories for model in factory.models] == ["WM-1", "WM-2"]
    assert found.factory_of(found.model["WM-2"]).code == "G" and not found.line["LINE-2"].withdrawn


def test_a_market_goes_for_good() -> None:
    assert succeeding(WHOLE, replace(WHOLE, markets=())).markets == ()


def hashes(whole: Catalogue) -> dict[str, str]:
    return {sku: content_hash(model) for sku, model in whole.model.items()}


@rows("reduced", [without_factories, without_second, without_stations, without_carriers])
def test_the_same_load_again_changes_nothing(reduced: Callable[[Catalogue], Catalogue]) -> None:
    once = succeeding(TWO, reduced(TWO))
    again = succeeding(once, reduced(TWO))
    assert list(differences(once, again)) == [] and hashes(once) == hashes(again)


def test_the_seeded_catalogue_follows_on_itself_and_on_nothing_unchanged() -> None:
    first = succeeding(Catalogue(), catalogue())
    assert hashes(first) == hashes(catalogue())
    again = succeeding(first, catalogue())
    assert list(differences(first, again)) == [] and hashes(again) == hashes(first)
