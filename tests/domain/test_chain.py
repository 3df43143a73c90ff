"""Has what is hashed the form that docs/CHAIN.md specifies, and does all that a step says enter its hash?"""

import hashlib
import json
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from app.domain.shared.chain import content, form, hash_of, link_faults
from app.domain.shared.viewer import AccountKind
from app.domain.unit.evidence import Media
from app.domain.unit.journey import Step, Summary, Unit, append
from app.domain.unit.kinds.inspection import Finding
from app.domain.unit.kinds.ordering import Ordered, OrderingKind, salted
from app.domain.unit.kinds.planning import PlanningKind
from app.domain.unit.kinds.table import KINDS
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.stage import ProductStatus, Stage
from app.domain.unit.state import State, changed
from docs.verify import canonical
from tests.domain.build import MODEL, SELECTIONS, T0, event, fold, inspections, measured, sign
from tests.domain.kind_table import example
from tests.rows import rows

UNIT = Unit("7K3M9QXT2CHVE", "M", 1, "LINE-1")
FIRST = append(UNIT, MODEL, State(), event(OrderingKind.ORDER_PLACED, 0), T0, sign)
SECOND = append(UNIT, MODEL, FIRST.state, inspections(50)[-1], T0, sign)


def right(signature: str, head: Any) -> bool:
    return signature == sign(head)


@rows(
    ("value", "expected"),
    [
        (datetime(2026, 11, 22, 10, 30, 0, 123999, timezone(timedelta(hours=1))), "2026-11-22T09:30:00.123Z"),
        (date(2026, 11, 30), "2026-11-30"),
        (Decimal("0.00"), "0"),
        (Decimal("-0.00"), "0"),
        (Decimal("12.50"), "12.5"),
        (Decimal(100), "100"),
        (Decimal("1E+3"), "1000"),
        ((1, "a", (True, None)), [1, "a", [True, None]]),
        ({"a": Decimal("1.0")}, {"a": "1"}),
        (Media("https://example.com", "image/jpeg"), {"url": "https://example.com", "type": "image/jpeg"}),
    ],
)
def test_each_value_has_one_form(value: Any, expected: Any) -> None:
    assert form(value) == expected


def test_what_has_no_form_is_not_hashed_by_chance() -> None:
    with pytest.raises(TypeError):
        form({1, 2})


def test_the_first_step_says_what_was_ordered_and_of_the_engraving_a_hash() -> None:
    engraving = salted("Für Oma")
    assert engraving is not None
    ordered = replace(event(OrderingKind.ORDER_PLACED, 0), payload=Ordered(SELECTIONS, 2, engraving.hash, "e" * 64))
    said = content(append(UNIT, MODEL, State(), ordered, T0, sign).step)
    assert said == {
        "form": 1,
        "kind": "ORDER_PLACED",
        "eventId": said["eventId"],
        "occurredAt": "2026-11-02T06:00:00.000Z",
        "product": "7K3M9QXT2CHVE",
        "model": "M",
        "edition": 1,
        "line": "LINE-1",
        "sequence": 1,
        "recordedAt": "2026-11-02T06:00:00.000Z",
        "after": {"status": "ORDERED", "stage": "ORDER", "progress": 0},
        "payload": {
            "designRevision": 2,
            "selections": {"COLOUR": ["WHITE"], "SIZE": ["S"], "LABEL": ["LOCAL"]},
            "engravingHash": hashlib.sha256(f"{engraving.salt}Für Oma".encode()).hexdigest(),
            "editionHash": "e" * 64,
        },
    }
    assert "Oma" not in json.dumps(said, ensure_ascii=False)


def test_the_same_engraving_has_another_hash_on_each_unit_and_none_where_there_is_none() -> None:
    one, other = salted("Für Oma"), salted("Für Oma")
    assert one is not None
    assert other is not None
    assert (one.text, len(one.salt)) == (other.text, 32)
    assert one.hash != other.hash
    assert salted(None) is None


def test_the_form_is_still_the_one_of_which_hashes_are_stored() -> None:
    assert FIRST.step.hash == hashlib.sha256(canonical(content(FIRST.step)).encode()).hexdigest()
    assert content(SECOND.step)["previousHash"] == FIRST.step.hash


OTHERS: dict[str, Any] = {
    "form": 2,
    "kind": TransportKind.PACKED,
    "event_id": "other",
    "occurred_at": T0 + timedelta(milliseconds=1),
    "reporter": "other",
    "reporter_kind": AccountKind.CARRIER,
    "operation": "PAINTING",
    "station": "S-9",
    "location": "there",
    "measurements": measured(NOISE=60.5),
    "note": "so",
    "media": (Media("https://example.com", "image/jpeg"),),
    "payload": Finding("SCRATCH"),
    "product": "7K3M9QXT2CHV0",
    "model": "N",
    "edition": 2,
    "line": "LINE-2",
    "sequence": 3,
    "recorded_at": T0 + timedelta(milliseconds=1),
    "after": Summary(ProductStatus.PACKED, Stage.LOGISTICS, 1.0),
    "previous_hash": "0" * 64,
}


def test_every_field_of_a_step_enters_its_hash() -> None:
    assert set(OTHERS) == {field.name for field in fields(Step)} - {"hash", "signature"}
    for name, other in OTHERS.items():
        assert hash_of(replace(SECOND.step, **{name: other})) != SECOND.step.hash, name


def test_every_field_of_every_payload_enters_the_hash() -> None:
    for kind in KINDS.values():
        payload = example(kind).payload
        step = replace(SECOND.step, payload=payload)
        for field in fields(payload) if payload else ():
            assert hash_of(replace(step, payload=changed(payload, {field.name: "other"}))) != hash_of(step), (
                kind,
                field,
            )


def test_a_whole_journal_has_no_faults_and_each_break_has_its_own() -> None:
    first, second = FIRST.step, SECOND.step
    assert list(link_faults(None, first, right)) == []
    assert list(link_faults(first, second, right)) == []
    planned = fold([event(PlanningKind.SCHEDULED, 0)])
    other = append(UNIT, MODEL, planned, event(TransportKind.PACKED, 60), T0, sign).step
    for before, step, words in [
        (None, second, "step 1 is missing"),
        (first, other, "names another hash"),
        (first, replace(second, note="else"), "does not fit its content"),
        (first, replace(second, hash="0" * 64), "does not fit its content"),
        (first, replace(second, signature="else"), "not signed"),
    ]:
        assert any(words in fault for fault in link_faults(before, step, right)), words


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_both_writers_of_canonical_json_agree(value: Any) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_both_write_numbers_alike_and_lose_nothing(value: float) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)
    assert float(canonical(value)) == value


@rows(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (5.0, "5"),
        (1e21, "1e+21"),
        (1e20, "100000000000000000000"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (123.456, "123.456"),
        (-1.5e300, "-1.5e+300"),
        (5e-324, "5e-324"),
        (333333333.33333329, "333333333.3333333"),
    ],
)
def test_numbers_are_written_as_rfc_8785_shows(value: float, text: str) -> None:
    assert canonical(value) == text


def test_a_time_to_the_microsecond_is_hashed_as_it_will_be_stored() -> None:
    exact = replace(event(TransportKind.PACKED, 60), occurred_at=datetime(2026, 11, 2, 7, 0, 0, 1999, UTC))
    step = append(UNIT, MODEL, FIRST.state, exact, T0, sign).step
    assert hash_of(replace(step, occurred_at=datetime(2026, 11, 2, 7, 0, 0, 1000, UTC))) == step.hash
