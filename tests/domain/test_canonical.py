"""Are the bytes that are hashed always those of RFC 8785, however they are written?"""

from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.shared.canonical import canonical, plain_number
from app.domain.shared.chain import form, has_digest
from docs.verify import canonical as written_by_others
from tests.rows import rows

TEXTS = st.text(st.characters(exclude_categories=())) | st.from_regex(r"[:,\[]?-?[0-9]+(\.0|e-?)[0-9]*[,\]}]?")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.tuples(inner) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
CONTENTS = st.dictionaries(TEXTS, VALUES, max_size=6)


def by(writer: Any, value: Any) -> Any:
    """Return what a writer writes, or that it refuses."""
    try:
        return writer(value)
    except ValueError:
        return None


@given(CONTENTS)
def test_any_content_is_written_as_the_library_writes_it_or_refused_as_there(value: dict[str, Any]) -> None:
    assert by(canonical, value) == by(rfc8785.dumps, value)


@rows(
    "value",
    [
        *(0.0, -0.0, 1.0, -1.0, 17.0, 1e-4, 1e-5, -1e-5, 1e-7, 1e15, 1e16, 1e21, 1e22, 1.5e-9, 5e-324, 1.7e308),
        *(2**53 - 1, -(2**53) + 1, 2**53, -(2**53), 10**15, 10**16, 9007199254740993.0, 0.1234567890123456),
        *(float("nan"), float("inf"), -float("inf"), True, None, "", {}, [], (), [[]], {1}),
        *('\x00\x1f\x7f\u2028\\"/\b\t\n', "\ud800", "é", "中", "\U0001f600", "12345678901234567", ":1.0,", "2e-5"),
        {"\ue000": 1, "\U0001f600": 2},
        {"é": 1, "z": 2, "\ufffd": 3},
        {"b": 1, "a": 2, "B": 3, "": 4, "aa": 5},
    ],
)
def test_what_both_write_in_their_own_way_is_written_as_the_library_does(value: Any) -> None:
    for content in ({"v": value}, {"v": [value]}, {"v": [1, value, 2]}, {"u": 1, "v": value, "w": 2}):
        assert by(canonical, content) == by(rfc8785.dumps, content)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(2.0**53)
@example(-0.0)
def test_a_number_without_its_point_is_the_same_number(value: float) -> None:
    plain = plain_number(value)
    assert plain == value
    expected = rfc8785.dumps({"v": value})
    assert canonical({"v": plain}) == expected == written_by_others({"v": value}).encode()


@rows("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_none_in_a_content(value: float) -> None:
    with pytest.raises(ValueError, match="no form"):
        form({"values": [value]})


@given(CONTENTS)
def test_a_content_has_the_digest_of_its_canonical_form_and_no_other(value: dict[str, Any]) -> None:
    written = by(canonical, value)
    if written is not None:
        assert has_digest(value, sha256(written).hexdigest())
        assert not has_digest(value, sha256(written + b" ").hexdigest())
        assert not has_digest({**value, "more": 1}, sha256(written).hexdigest()) or "more" in value


def test_names_are_in_the_order_of_utf_16() -> None:
    assert canonical({"\ue000": 1, "\U0001f600": 2}) == '{"\U0001f600":2,"\ue000":1}'.encode()


def test_what_json_has_no_form_for_is_refused() -> None:
    for value in ({1, 2}, float("nan"), 2**53, "\ud800"):
        with pytest.raises(rfc8785.CanonicalizationError):
            canonical({"v": value})
