"""Is every kind of step whole, is it what product.md says, and is it told what is missing where one is not?"""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib import import_module
from inspect import getsourcefile
from pathlib import Path
from pkgutil import iter_modules

import pytest

from app.domain.shared.text import LANGUAGES, Text
from app.domain.shared.viewer import AccountKind
from app.domain.unit import kinds
from app.domain.unit.event import Row, StepKind, nothing
from app.domain.unit.journey import follow
from app.domain.unit.kinds.table import FAMILIES, KINDS, REPORT_KINDS, REPORTED_BY, kinds_of
from app.domain.unit.stage import ProductStatus, Stage
from app.domain.unit.state import State, changed
from tests.domain.build import STATES
from tests.domain.kind_table import EXPECTED, Expected, example

ROOT = Path(__file__).parents[2]
TABLE = "tests/domain/kind_table.py"
SDL = "schema/schema.graphql"


def missing(kind: StepKind, expected: Mapping[StepKind, Expected], published: str) -> Iterator[str]:
    """Name what is missing of a kind, and the file in which it is to be written."""
    row, family = kind.row, type(kind)
    file = Path(getsourcefile(family) or "").relative_to(ROOT).as_posix()
    for language in LANGUAGES:
        if not row.label.get(language, "").strip():
            yield f"{kind} has no label in {language!r}: write it in {file}"
    if not row.description.endswith("."):
        yield f"{kind} has no description of whole sentences: write it in {file}"
    if kind.name != kind.value:
        yield f"{kind} is called {kind.name} in {file}: give it one name"
    if row.payload is not None and row.reported_by and not row.payload.member:
        yield f"{kind} does not say in which field of a report its {row.payload.__name__} comes: write it in {file}"
    if kind.value not in KINDS:
        yield f"{kind} is in no table: name {family.__name__} in app/domain/unit/kinds/table.py"
    if kind not in expected:
        yield f"nothing is expected of {kind}: give it a row in {TABLE}"
    if f"  {kind}\n" not in published:
        yield f"{kind} is not public: write {SDL} with python -m app schema --write"


def test_every_kind_is_whole() -> None:
    published = (ROOT / SDL).read_text()
    families = [
        found
        for module in iter_modules(kinds.__path__)
        for found in vars(import_module(f"{kinds.__name__}.{module.name}")).values()
        if isinstance(found, type) and issubclass(found, StepKind) and found is not StepKind
    ]
    faults = [
        fault for family in dict.fromkeys(families) for kind in family for fault in missing(kind, EXPECTED, published)
    ]
    assert not faults, "\n".join(faults)
    assert len(KINDS) == sum(len(family) for family in FAMILIES), "a name stands in two families"


class Planted(StepKind):
    """A family in which everything was forgotten that can be."""

    PLANTED = "PLANTED", Row(Stage.QUALITY, {"en": "Planted", "zh": " "}, "Planted", nothing)
    RENAMED = "ANOTHER", Row(Stage.QUALITY, dict.fromkeys(LANGUAGES, "x"), "It was renamed.", nothing)


def test_what_a_kind_lacks_is_named_with_the_file_to_write() -> None:
    here = "tests/domain/test_kinds.py"
    assert list(missing(Planted.PLANTED, {}, "")) == [
        f"PLANTED has no label in 'zh': write it in {here}",
        f"PLANTED has no label in 'fr': write it in {here}",
        f"PLANTED has no label in 'de': write it in {here}",
        f"PLANTED has no description of whole sentences: write it in {here}",
        "PLANTED is in no table: name Planted in app/domain/unit/kinds/table.py",
        f"nothing is expected of PLANTED: give it a row in {TABLE}",
        f"PLANTED is not public: write {SDL} with python -m app schema --write",
    ]
    assert f"ANOTHER is called RENAMED in {here}: give it one name" in missing(Planted.RENAMED, {}, "")


def test_a_row_without_a_fold_does_not_even_load() -> None:
    with pytest.raises(TypeError, match="fold"):
        Row(Stage.QUALITY, {}, "It was planted.")  # type: ignore[call-arg]


def test_every_kind_is_what_is_expected_of_it() -> None:
    for kind, expected in EXPECTED.items():
        row = kind.row
        assert (row.stage, row.reported_by) == (expected.stage, expected.reporters), kind
        assert row.begins_production is expected.begins_production, kind
        assert kind in kinds_of([expected.stage]), kind


def test_the_tables_of_reports_follow_from_the_rows() -> None:
    assert {kind for kind, expected in EXPECTED.items() if expected.reporters} == REPORT_KINDS
    for account in (AccountKind.FACTORY, AccountKind.CARRIER):
        assert {kind for kind, e in EXPECTED.items() if account in e.reporters} == REPORTED_BY[account]


def test_a_step_takes_the_next_number_and_changes_only_what_is_its_own() -> None:
    for kind, expected in EXPECTED.items():
        for status in ProductStatus:
            before = STATES[status]
            after = follow(before, example(kind))
            assert after.sequence == before.sequence + 1, (kind, status)
            changed = {f.name for f in fields(State) if getattr(before, f.name) != getattr(after, f.name)}
            assert changed <= expected.changes | {"sequence"}, (kind, status)


NEED_PAYLOAD = (
    "ORDER_PLACED SCHEDULED RESCHEDULED DESIGN_CHANGED DECISION_REQUESTED DECISION_MADE RELEASED"
    " NONCONFORMANCE_DISPOSED DELIVERY_SLOT_CHOSEN"
)
NEED_OPERATION = "OPERATION_STARTED OPERATION_COMPLETED INSPECTION_PASSED INSPECTION_FAILED"


def test_an_event_without_what_its_kind_cannot_do_without_is_not_followed() -> None:
    bare = {**dict.fromkeys(NEED_PAYLOAD.split(), "payload"), **dict.fromkeys(NEED_OPERATION.split(), "operation")}
    for name, lacking in bare.items():
        with pytest.raises(TypeError, match=name):
            follow(State(), changed(example(KINDS[name]), {lacking: None}))


def test_labels_tell_all_kinds_apart() -> None:
    for language in LANGUAGES:
        labels: list[Text] = [kind.row.label for kind in KINDS.values()]
        assert len({label[language] for label in labels}) == len(labels), language
