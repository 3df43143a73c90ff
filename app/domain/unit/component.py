"""A part with a number of its own that is fitted in a unit."""

from dataclasses import dataclass
from typing import ClassVar

from app.domain.shared.refusal import InvalidInput
from app.domain.unit.payload import Payload, check_code, check_length

CODE_LENGTH_MAX, NUMBER_LENGTH_MAX, SUPPLIER_LENGTH_MAX = 64, 64, 100


@dataclass(frozen=True)
class Component(Payload):
    """What COMPONENT_FITTED carries. `position` tells two of the same part apart."""

    member: ClassVar[str] = "component"

    part: str
    serial: str | None = None
    lot: str | None = None
    supplier: str | None = None
    position: str | None = None

    @property
    def position_or_part(self) -> str:
        """Where in the unit it sits; a unit has one of each part unless their positions are told."""
        return self.position or self.part

    def check(self) -> None:
        for name in ("part", "position"):
            check_code(getattr(self, name), CODE_LENGTH_MAX, self.member, name)
        for name in ("serial", "lot"):
            check_length(getattr(self, name), NUMBER_LENGTH_MAX, self.member, name)
        check_length(self.supplier, SUPPLIER_LENGTH_MAX, self.member, "supplier")
        if not (self.serial or self.lot):
            raise InvalidInput("A component has a serial number or a lot.", (self.member, "serial"))
