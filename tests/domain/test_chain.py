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

from app.domain.shared.chain import content, faults, form, hash_of
from app.domain.unit.event import Change, DecisionEntry, Media, StepKind
from app.domain.unit.journey import Step, Unit, append
from docs.verify import canonical
from tests.domain.build import FRESH, PLAN, T0, event, fold, inspections, measured, sign

UNIT = Unit("7K3M9QXT2CHVE", "M", "LINE-1")
FIRST = append(UNIT, FRESH, event(StepKind.ORDER_PLACED, 0), T0, sign)
SECOND = append(UNIT, FIRST.state, inspections(50)[-1], T0, sign)


def right(signature: str, head: Any) -> bool:
    return signature == sign(head)


@pytest.mark.parametrize(
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
    said = content(append(UNIT, replace(FRESH, engraving="Für Oma"), event(StepKind.ORDER_PLACED, 0), T0, sign))
    assert said == {
        "kind": "ORDER_PLACED",
        "eventId": said["eventId"],
        "occurredAt": "2026-11-02T06:00:00.000Z",
        "product": "7K3M9QXT2CHVE",
        "model": "M",
        "line": "LINE-1",
        "sequence": 1,
        "recordedAt": "2026-11-02T06:00:00.000Z",
        "design": {
            "revision": 1,
            "selections": {"COLOUR": ["WHITE"], "SIZE": ["S"], "LABEL": ["LOCAL"]},
            "engravingHash": hashlib.sha256("7K3M9QXT2CHVEFür Oma".encode()).hexdigest(),
        },
    }
    assert "Oma" not in json.dumps(said, ensure_ascii=False)


def test_the_form_is_still_the_one_of_which_hashes_are_stored() -> None:
    assert hash_of(FIRST) == hashlib.sha256(canonical(content(FIRST)).encode()).hexdigest()
    assert content(SECOND)["previousHash"] == FIRST.hash
    assert "design" not in content(SECOND)


OTHERS: dict[str, Any] = {
    "kind": StepKind.PACKED,
    "event_id": "other",
    "occurred_at": T0 + timedelta(milliseconds=1),
    "reporter": "other",
    "operation": "PAINTING",
    "station": "S-9",
    "location": "there",
    "measurements": measured(NOISE=60.5),
    "note": "so",
    "media": (Media("https://example.com", "image/jpeg"),),
    "plan": PLAN,
    "change": Change({}, Decimal(1)),
    "decision": DecisionEntry("d", choice="REWORK"),
    "product": "7K3M9QXT2CHV0",
    "model": "N",
    "line": "LINE-2",
    "sequence": 3,
    "recorded_at": T0 + timedelta(milliseconds=1),
    "previous_hash": "0" * 64,
}


@pytest.mark.parametrize("name", sorted({f.name for f in fields(Step)} - {"state", "hash", "signature"}))
def test_every_field_of_a_step_enters_its_hash(name: str) -> None:
    other = OTHERS.get(name, f"another {name}")
    assert hash_of(replace(SECOND, **{name: other})) != SECOND.hash


def test_a_whole_journal_has_no_faults_and_each_break_has_its_own() -> None:
    assert list(faults(None, FIRST, right)) == []
    assert list(faults(FIRST, SECOND, right)) == []
    other = append(UNIT, fold([event(StepKind.SCHEDULED, 0)]), event(StepKind.PACKED, 60), T0, sign)
    for before, step, words in [
        (None, SECOND, "step 1 is missing"),
        (FIRST, other, "names another hash"),
        (FIRST, replace(SECOND, note="else"), "does not fit its content"),
        (FIRST, replace(SECOND, signature="else"), "not signed"),
        (FIRST, replace(SECOND, hash=None), "not chained"),
        (FIRST, replace(SECOND, state=replace(SECOND.state, hash="else")), "the state at step 2"),
    ]:
        assert any(words in fault for fault in faults(before, step, right)), words


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


@pytest.mark.parametrize(
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
    exact = replace(event(StepKind.PACKED, 60), occurred_at=datetime(2026, 11, 2, 7, 0, 0, 1999, UTC))
    step = append(UNIT, FIRST.state, exact, T0, sign)
    assert hash_of(replace(step, occurred_at=datetime(2026, 11, 2, 7, 0, 0, 1000, UTC))) == step.hash
