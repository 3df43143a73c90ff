"""What the doctor says, and the form of its tables of checks."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.deps import Deps
from app.store.database import UNREADABLE


@dataclass(frozen=True)
class Finding:
    """A violated invariant, by the name of its check; `repaired` where it was derived data, written anew."""

    check: str
    subject: str
    problem: str
    repaired: bool = False


S = TypeVar("S")
Check = Callable[[Deps, S], Iterable[str]]
"""Yields what is wrong with a subject; nothing where it is sound, or where the check has nothing to go by."""
Repair = Callable[[Deps, S], Awaitable[bool]]
"""Writes derived data anew; tells whether that mended it."""


async def diagnose(
    deps: Deps, name: str, subject: S, checks: Mapping[str, Check[S]], repairs: Mapping[str, Repair[S]]
) -> Sequence[Finding]:
    """Put a subject through all checks. Repairs stand on the journal: they happen only where nothing else is wrong."""
    problems = [(check, problem) for check in checks for problem in _problems(deps, subject, checks[check])]
    wrong = list(dict.fromkeys(check for check, _ in problems))
    mended: set[str] = set()
    for check in wrong if all(check in repairs for check in wrong) else ():
        try:
            if await repairs[check](deps, subject):
                mended.add(check)
        except UNREADABLE:
            continue
    return [Finding(check, name, problem, check in mended) for check, problem in problems]


def _problems(deps: Deps, subject: S, check: Check[S]) -> Iterable[str]:
    try:
        return list(check(deps, subject))
    except UNREADABLE as error:
        return [f"a document cannot be read: {type(error).__name__}"]
