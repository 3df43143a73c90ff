"""How does one test hold for every row of a table, and say which rows it does not hold for?"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from itertools import product
from typing import Any

import pytest

Test = Callable[..., Any]
Row = dict[str, Any]
FAILURES = (Exception, pytest.fail.Exception)


def rows(names: str | Sequence[str], table: Iterable[Any]) -> Callable[[Test], Test]:
    """Turn a test of one row into a test of a whole table.

    It is written as `pytest.mark.parametrize` is, several above each other included, and collected as one test. Every
    row is tried, and each one that fails is reported by itself with its values. All rows share what a fixture gives.
    """
    keys = [names] if isinstance(names, str) else list(names)
    own = [dict(zip(keys, [values] if isinstance(names, str) else values, strict=True)) for values in table]
    assert own, "a table without rows tests nothing"

    def decorate(test: Test) -> Test:
        of_one, below = getattr(test, "of_rows", (test, [{}]))
        return _of_all(of_one, [{**row, **more} for row, more in product(own, below)])

    return decorate


def _of_all(test: Test, table: list[Row]) -> Test:
    @wraps(test)
    def of_all_rows(subtests: pytest.Subtests, **fixtures: Any) -> None:
        for row in table:
            with _reported(subtests, row):
                test(**fixtures, **row)

    @wraps(test)
    async def of_all_rows_in_turn(subtests: pytest.Subtests, **fixtures: Any) -> None:
        for row in table:
            with _reported(subtests, row):
                await test(**fixtures, **row)

    whole: Any = of_all_rows_in_turn if inspect.iscoroutinefunction(test) else of_all_rows
    fixtures = [one for name, one in inspect.signature(test).parameters.items() if name not in table[0]]
    asked = inspect.Parameter("subtests", inspect.Parameter.KEYWORD_ONLY)
    whole.__signature__ = inspect.Signature([*fixtures, asked])
    whole.of_rows = test, table
    return whole  # type: ignore[no-any-return]


@contextmanager
def _reported(subtests: pytest.Subtests, row: Row) -> Iterator[None]:
    """Report a row that fails, and go on; a row that passes is not worth a report."""
    try:
        yield
    except FAILURES as failure:
        with subtests.test(**row):
            raise failure
