"""What steps of some kinds carry beside what all steps have, and how it is checked where it is reported."""

import re
from dataclasses import dataclass
from typing import ClassVar

from app.domain.shared.refusal import InvalidInput
from app.domain.shared.text import Text

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)
"""What a part, a position and a defect are named by."""


@dataclass(frozen=True)
class Payload:
    """The base of all payloads; the row of a kind names the type that steps of this kind carry.

    `member` is the field of a report in which it comes; payloads that nobody reports have none.
    """

    member: ClassVar[str] = ""

    @property
    def label(self) -> Text | None:
        """What the step is called instead of what its kind is called; None: as its kind."""
        return None

    def check(self) -> None:
        """Check what can be judged without the unit; raises InvalidInput with the path in the report."""


def check_length(text: str | None, longest: int, *path: str) -> None:
    """Raise InvalidInput where a text has more than `longest` characters."""
    if text is not None and len(text) > longest:
        raise InvalidInput(f"{path[-1]} has at most {longest} characters.", path)


def check_code(code: str | None, longest: int, *path: str) -> None:
    """Raise InvalidInput where a code is too long or has other characters than codes have."""
    check_length(code, longest, *path)
    if code is not None and not CODE.fullmatch(code):
        raise InvalidInput(f"{path[-1]} has letters, digits, - and _ alone, a letter or digit first.", path)
