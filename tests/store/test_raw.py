"""Is a document parted from one that is nested in it, whatever it holds, and put together as the driver does?"""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import decode, encode
from bson.raw_bson import RawBSONDocument

from app.domain.unit.event import StepKind
from app.store.database import CODEC, Document
from app.store.raw import DAMAGED, document, element, nested, parted, read
from app.store.snapshot import ZONELESS
from tests.rows import rows

STEP: Document = {
    "kind": "PACKED",
    "at": datetime(2026, 11, 2, 9, 0),  # noqa: DTZ001 — as it is read
    "values": [{"value": 1.5}],
    "state": {"sequence": 3, "note": "\x03state\0", "state": {"sequence": 4}},
    "hash": "0" * 64,
}


def raw(document: Document) -> RawBSONDocument:
    return RawBSONDocument(encode(document, codec_options=CODEC))


@rows(
    "note",
    [
        "plain",
        "\x03state\0",
        "a\x03state\0\x05\0\0\0\0",
        "\x03state\0\x40\0\0\0" + "a" * 80,
        "\x03state\0\x7f\x7f\x7f\x7f",
        "\x03state\0" * 9,
    ],
)
def test_a_document_is_parted_whatever_a_text_in_it_holds(note: str) -> None:
    whole = {"note": note, **STEP, "reporter": note}
    rest, state = parted(raw(whole), "state")
    assert state is not None
    assert rest | {"state": decode(state, ZONELESS)} == whole


def test_one_of_the_same_name_further_down_stays_where_it_is() -> None:
    whole = {"before": {"state": {"sequence": 1}}, "list": [{"state": {"sequence": 2}}], **STEP}
    rest, state = parted(raw(whole), "state")
    assert rest | {"state": decode(state or b"", ZONELESS)} == whole


@rows("state", [None, "text", 7, [], ["state"]])
def test_what_is_no_nested_document_is_told_apart(state: Any) -> None:
    assert parted(raw({"note": "a", "state": state}), "state") == ({"note": "a"}, None)
    assert parted(raw({"note": "a"}), "state") == ({"note": "a"}, None)


def test_a_document_is_made_of_its_fields_as_the_driver_makes_it() -> None:
    numbers = {f"n{place}": n for place, n in enumerate((0, 7, -7, 2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 2**40))}
    texts = {"text": "ä\U0001f600\0b", "empty": "", "ключ": "x" * 300, "kind": StepKind.PACKED, "true": True}
    value = {**numbers, **texts, "at": datetime(2026, 11, 2, tzinfo=UTC), "names": ("a", "ä"), "none": None}
    within = document(element(name, each) for name, each in value.items())
    assert within == encode(value, codec_options=CODEC)
    assert document((element("a", 1), nested("b", within))) == encode({"a": 1, "b": value}, codec_options=CODEC)
    assert read(document(())) == {}


@rows("name", ["a\0b", "\0"])
def test_a_name_that_no_document_can_have_is_refused(name: str) -> None:
    with pytest.raises(DAMAGED):
        element(name, 1)
