"""The smallest values that the domain's tests need: one model, one line, one unit's events."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from app.domain.catalogue.catalogue import (
    Catalogue,
    Category,
    Characteristic,
    Concession,
    Line,
    Model,
    Operation,
    Option,
    OptionGroup,
    Shift,
    Station,
)
from app.domain.configuration.pricing import Charges
from app.domain.line.calendar import Calendar, Plan
from app.domain.order.order import Product
from app.domain.shared.chain import Head
from app.domain.shared.text import Text, all_languages
from app.domain.shared.viewer import AccountKind
from app.domain.unit.delivery_slot import DeliverySlot
from app.domain.unit.disposition import Disposition
from app.domain.unit.event import OURSELVES, Event, StepKind
from app.domain.unit.evidence import Measurement
from app.domain.unit.journey import follow
from app.domain.unit.kinds.change import Change, ChangeKind
from app.domain.unit.kinds.decision import Answer, DecisionKind, Question
from app.domain.unit.kinds.delivery import Appointment, DeliveryKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.ordering import Ordered, OrderingKind
from app.domain.unit.kinds.planning import Planned, PlanningKind
from app.domain.unit.kinds.production import ProductionKind
from app.domain.unit.kinds.quality import Deviation, Disposal, QualityKind, Release, Succession
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.payload import Payload
from app.domain.unit.stage import ProductStatus
from app.domain.unit.state import State
from seeds.files import read_catalogue

T0 = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)  # a Monday
PLAN = Plan(1, T0, T0 + timedelta(hours=8), T0 + timedelta(hours=8))
OPERATIONS = ("PRESSING", "WELDING", "PAINTING", "FITTING", "LEAK_TEST", "SAFETY_TEST", "FINAL_INSPECTION", "PACKING")
DAYS = (1, 2, 3, 4, 5)


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def text(words: str) -> Text:
    return all_languages(words, words, words, words)


def money(amount: str) -> dict[str, Decimal]:
    return {"CNY": Decimal(amount), "EUR": Decimal(amount)}


def concession(default: str, hours: int, days: int, discount: str) -> Concession:
    return Concession(text("Take it?"), money(discount), rework_days=days, default=default, deadline_hours=hours)


def options(*codes: str) -> tuple[Option, ...]:
    return tuple(Option(code, text(code)) for code in codes)


INSPECTION_PLAN = (
    Characteristic("WATER_TIGHT", text("Tight"), "LEAK_TEST", safety=True),
    Characteristic("INSULATION", text("Insulation"), "SAFETY_TEST", "B75", lower_limit=2.0, safety=True),
    Characteristic(
        "COLOUR_DELTA",
        text("Colour"),
        "FINAL_INSPECTION",
        "C62",
        0.0,
        0.0,
        1.0,
        False,
        concession("REWORK", 48, 2, "20"),
    ),
    Characteristic(
        "NOISE",
        text("Noise"),
        "FINAL_INSPECTION",
        "2N",
        None,
        None,
        70.0,
        False,
        concession("CONCESSION", 24, 1, "5.5"),
    ),
    Characteristic("LEVEL", text("Level"), "FINAL_INSPECTION", "MMT", None, -1.0, 1.0),
    Characteristic("APPEARANCE", text("Appearance"), "FINAL_INSPECTION"),
)
MODEL = Model(
    sku="WM-1",
    gtin="09524000000156",
    name=text("Washer"),
    description=text("It washes"),
    category=Category.WASHING_MACHINE,
    base_price=money("100.00"),
    option_groups=(
        OptionGroup("COLOUR", text("Colour"), options("WHITE", "RED"), freezes_at="PAINTING"),
        OptionGroup("SIZE", text("Size"), options("S", "L")),
        OptionGroup("EXTRAS", text("Extras"), options("STEAM", "WIFI"), False, True, "FITTING"),
        OptionGroup("LABEL", text("Label"), options("LOCAL", "SLEEVE"), freezes_at="PACKING"),
    ),
    routing=tuple(Operation(code, text(code), f"S-{index}", 60 * (index + 1)) for index, code in enumerate(OPERATIONS)),
    inspection_plan=INSPECTION_PLAN,
    line="LINE-1",
)
LINE = Line(
    "LINE-1",
    60,
    (Shift(DAYS, time(6), time(14)), Shift(DAYS, time(14), time(22))),
    tuple(Station(f"S-{index}", text(f"Station {index}")) for index in range(len(OPERATIONS))),
)
CALENDAR = Calendar(LINE, ZoneInfo("Asia/Shanghai"))
SELECTIONS = {"COLOUR": ("WHITE",), "SIZE": ("S",), "LABEL": ("LOCAL",)}
FRESH = State(SELECTIONS)


def bought(state: State, code: str = "7K3M9QXT2CHVE") -> Product:
    """Make a unit of MODEL's first edition, bought in Germany."""
    return Product(
        code=code,
        gtin=MODEL.gtin,
        model=MODEL.sku,
        edition=1,
        factory="F",
        line=LINE.code,
        order="o",
        account="a",
        carrier=None,
        country="DE",
        currency="EUR",
        charges=Charges(Decimal("0.00")),
        ordered_at=T0,
        state=state,
    )


def sign(head: Head) -> str:
    """Stand where a key would: what is signed can be read."""
    return f"signed {head.product} {head.sequence} {head.hash}"


GOOD = {"WATER_TIGHT": 1.0, "INSULATION": 5.0, "COLOUR_DELTA": 0.5, "NOISE": 60.0, "LEVEL": 0.0, "APPEARANCE": 1.0}


@cache
def catalogue() -> Catalogue:
    """Read the real catalogue, once."""
    return read_catalogue(Path(__file__).parents[2] / "seeds" / "catalogue")


def calendar(zone: str, *shifts: Shift) -> Calendar:
    return Calendar(replace(LINE, shifts=shifts), ZoneInfo(zone))


def measured(**values: float) -> tuple[Measurement, ...]:
    """Judge values of MODEL's characteristics, as `report.to_event` does."""
    found = []
    for code, value in values.items():
        checked = MODEL.characteristics[code]
        lower = 1.0 if checked.unit is None else checked.lower_limit
        upper = checked.upper_limit
        inside = (lower is None or value >= lower) and (upper is None or value <= upper)
        found.append(Measurement(code, value, checked.unit or "C62", inside, lower, upper))
    return tuple(found)


SCRAP = Disposal("n1", Disposition.SCRAP)
RED = {**SELECTIONS, "COLOUR": ("RED",)}
SLOT = DeliverySlot(date(2026, 11, 9), time(8), time(12))
NEEDED: Mapping[StepKind, Payload] = {
    OrderingKind.ORDER_PLACED: Ordered(SELECTIONS),
    PlanningKind.SCHEDULED: Planned(PLAN),
    PlanningKind.RESCHEDULED: Planned(PLAN),
    ChangeKind.DESIGN_CHANGED: Change(RED, Decimal("2.50")),
    DecisionKind.DECISION_REQUESTED: Question("q1", at(500), measured(NOISE=71)),
    DecisionKind.DECISION_MADE: Answer("q1", "CONCESSION", Decimal("-5.50")),
    QualityKind.RELEASED: Release("0" * 16),
    QualityKind.NONCONFORMANCE_RAISED: Deviation("n1"),
    QualityKind.NONCONFORMANCE_DISPOSED: SCRAP,
    QualityKind.SCRAPPED: Succession("7K3M9QXT2CHV0"),
    DeliveryKind.DELIVERY_SLOT_CHOSEN: Appointment(SLOT),
}
"""What steps of some kinds can't do without."""


def event(kind: StepKind, minutes: float, operation: str | None = None, **values: float) -> Event:
    """Make an event of the machine `m1`, named by its kind, operation and time."""
    reporter = "m1" if kind.row.reported_by else OURSELVES
    return Event(
        kind=kind,
        event_id=f"{kind}:{operation}:{minutes:g}" if operation else f"{kind}:{minutes:g}",
        occurred_at=at(minutes),
        reporter=reporter,
        reporter_kind=None if reporter == OURSELVES else AccountKind.FACTORY,
        operation=operation,
        measurements=measured(**values),
        payload=NEEDED.get(kind),
    )


def inspections(minutes: float = 50, **values: float) -> list[Event]:
    """Inspect everything that MODEL's plan asks for: good values, but for those given."""
    whole = {**GOOD, **values}
    found = []
    for operation in ("LEAK_TEST", "SAFETY_TEST", "FINAL_INSPECTION"):
        here = {c.code: whole[c.code] for c in INSPECTION_PLAN if c.operation == operation}
        passed = all(measurement.passed for measurement in measured(**here))
        kind = InspectionKind.INSPECTION_PASSED if passed else InspectionKind.INSPECTION_FAILED
        found.append(replace(event(kind, minutes, operation, **here), event_id=f"{operation}:{minutes:g}"))
    return found


def fold(events: Iterable[Event], state: State = FRESH) -> State:
    """Fold events into a state; one that is in the journal already is not written again."""
    known: set[str] = set()
    for each in events:
        if each.key not in known:
            known.add(each.key)
            state = follow(state, each)
    return state


SCHEDULED = event(PlanningKind.SCHEDULED, 0)
STARTED = event(ProductionKind.OPERATION_STARTED, 10, "PRESSING")
RELEASED_BY = [SCHEDULED, STARTED, *inspections(50)]
ON_ITS_WAY = {
    ProductStatus.PACKED: [TransportKind.PACKED],
    ProductStatus.IN_TRANSIT: [TransportKind.PACKED, TransportKind.DISPATCHED],
    ProductStatus.OUT_FOR_DELIVERY: [TransportKind.DISPATCHED, TransportKind.OUT_FOR_DELIVERY],
    ProductStatus.DELIVERED: [TransportKind.DISPATCHED, TransportKind.OUT_FOR_DELIVERY, TransportKind.DELIVERED],
    ProductStatus.INSTALLED: [TransportKind.DISPATCHED, TransportKind.DELIVERED, TransportKind.INSTALLED],
}
EVENTS: Mapping[ProductStatus, list[Event]] = {
    ProductStatus.ORDERED: [],
    ProductStatus.PLANNED: [SCHEDULED],
    ProductStatus.IN_PRODUCTION: [SCHEDULED, STARTED],
    ProductStatus.IN_INSPECTION: [SCHEDULED, STARTED, event(ProductionKind.OPERATION_STARTED, 50, "FINAL_INSPECTION")],
    ProductStatus.ON_HOLD: [SCHEDULED, STARTED, *inspections(50, COLOUR_DELTA=1.5)],
    ProductStatus.IN_REWORK: [SCHEDULED, STARTED, *inspections(50, INSULATION=1.0)],
    ProductStatus.RELEASED: RELEASED_BY,
    **{
        status: RELEASED_BY + [event(kind, 60 + place) for place, kind in enumerate(kinds)]
        for status, kinds in ON_ITS_WAY.items()
    },
    ProductStatus.CANCELLED: [SCHEDULED, event(ChangeKind.ORDER_CANCELLED, 5)],
    ProductStatus.SCRAPPED: [SCHEDULED, STARTED, event(QualityKind.SCRAPPED, 20)],
}
"""How a unit comes to each status."""

STATES: Mapping[ProductStatus, State] = {status: fold(events) for status, events in EVENTS.items()}
