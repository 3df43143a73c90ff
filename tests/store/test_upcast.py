"""Which stored steps can be read, and is what cannot be read refused by name?"""

from dataclasses import fields
from typing import Any

import pytest

from app.domain.unit.event import Event
from app.domain.unit.journey import FORM, Step, Summary
from app.domain.unit.kinds.planning import PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.table import KINDS
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import ProductStatus, Stage
from app.store.database import Document
from app.store.step import dump_step, load_step
from app.store.upcast import UnknownForm, upcast
from tests.domain.build import T0
from tests.domain.kind_table import example


def step(event: Event) -> Step:
    return Step(
        **{field.name: getattr(event, field.name) for field in fields(Event)},
        form=FORM,
        product="7K3M9QXT2CHVE",
        model="TERRA-260",
        edition=1,
        line="LINE-1",
        sequence=7,
        recorded_at=T0,
        after=Summary(ProductStatus.PLANNED, Stage.PLANNING, 0.25),
        hash="h",
        signature="s",
    )


def stored(event: Event, **otherwise: Any) -> Document:
    return {**dump_step(step(event)), **otherwise}


def test_a_step_of_every_kind_is_read_as_it_was_written() -> None:
    for kind in KINDS.values():
        written = step(example(kind))
        assert load_step(dump_step(written)) == written, kind


def test_a_step_of_the_present_form_is_read_as_it_stands() -> None:
    document = stored(example(TransportKind.DISPATCHED))
    assert upcast(document) is document


def test_a_step_of_an_unknown_form_is_refused_by_its_name() -> None:
    document = stored(example(TransportKind.DISPATCHED), form=FORM + 1)
    with pytest.raises(UnknownForm, match=rf"^step 7 has form {FORM + 1}; forms up to {FORM} are known$"):
        load_step(document)


def test_a_step_without_a_form_is_refused() -> None:
    document = stored(example(TransportKind.DISPATCHED))
    del document["form"]
    with pytest.raises(UnknownForm, match=r"^step 7 has form None"):
        load_step(document)


def test_a_step_of_no_known_kind_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="no kind of step 'TELEPORTED'"):
        load_step(stored(example(TransportKind.DISPATCHED), kind="TELEPORTED"))


def test_a_payload_that_its_kind_does_not_carry_is_refused() -> None:
    plan = stored(example(PlanningKind.SCHEDULED))["payload"]
    with pytest.raises(ValueError, match="OPERATION_STARTED carries no payload"):
        load_step(stored(example(ProductionKind.OPERATION_STARTED), payload=plan))
    with pytest.raises(ValueError, match="Component"):
        load_step(stored(example(ProductionKind.COMPONENT_FITTED), payload=plan))
