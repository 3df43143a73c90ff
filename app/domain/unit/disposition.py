"""What may become of a nonconforming unit, and who decides it."""

from enum import StrEnum


class Disposition(StrEnum):
    """What becomes of a nonconforming unit (ISO 9000): reworked it conforms, repaired it is fit for its use."""

    REWORK = "REWORK"
    REPAIR = "REPAIR"
    CONCESSION = "CONCESSION"
    REMAKE = "REMAKE"
    SCRAP = "SCRAP"


FINAL_DISPOSITIONS = frozenset((Disposition.REMAKE, Disposition.SCRAP))


class Disposer(StrEnum):
    """Who decided, by role: people who work on the line are never named."""

    CUSTOMER = "CUSTOMER"
    ENGINEER = "ENGINEER"
    RULE = "RULE"
