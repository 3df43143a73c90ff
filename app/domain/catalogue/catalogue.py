"""What can be made, where, from which choices: the catalogue as plain values.

The shapes here are also the shapes of the data files in `seeds/catalogue/`: one file holds one `Factory` with its
lines and models, two more hold all carriers and markets. References between parts are codes; `catalogue_check` finds
the ones that lead nowhere. What is `withdrawn` is known, shown where somebody has it, and no longer offered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from app.domain.shared.text import Text

Strict = {"extra": "forbid"}


class Category(StrEnum):
    WASHING_MACHINE = "WASHING_MACHINE"
    REFRIGERATOR = "REFRIGERATOR"
    AIR_CONDITIONER = "AIR_CONDITIONER"
    WATER_HEATER = "WATER_HEATER"


class RuleKind(StrEnum):
    REQUIRES = "REQUIRES"
    EXCLUDES = "EXCLUDES"
    RANGE = "RANGE"


class Severity(StrEnum):
    """How bad a nonconformance is, the worst last."""

    MINOR = "MINOR"
    MAJOR = "MAJOR"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, eq=False)
class Station:
    """ISA-95 work unit: one place on a line."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    withdrawn: bool = False


@dataclass(frozen=True, eq=False)
class Shift:
    """Working time: ISO weekdays (1 = Monday) from `start` to `end`, local to the factory, within one day."""

    __pydantic_config__ = Strict
    days: tuple[int, ...]
    start: time
    end: time


@dataclass(frozen=True, eq=False)
class Capacity:
    """What a line's stations can bear: at most `at_most` units with an option, named `GROUP.OPTION`.

    Among any `of` consecutive places; without it, in one shift.
    """

    __pydantic_config__ = Strict
    option: str
    at_most: int
    of: int | None = None


@dataclass(frozen=True, eq=False)
class Line:
    """ISA-95 work center. `takt_seconds` is the time between two units leaving the line."""

    __pydantic_config__ = Strict
    code: str
    takt_seconds: int
    shifts: tuple[Shift, ...]
    stations: tuple[Station, ...]
    capacities: tuple[Capacity, ...] = ()
    withdrawn: bool = False

    def find_station(self, code: str) -> Station | None:
        return next((station for station in self.stations if station.code == code), None)


@dataclass(frozen=True, eq=False)
class Operation:
    """One step of a routing: done at one station in `standard_seconds` of work."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    station: str
    standard_seconds: int


@dataclass(frozen=True, eq=False)
class Concession:
    """What a customer is offered when this characteristic fails: the unit as it is, at a lower price.

    `discount` maps ISO 4217 codes to the amount taken off; the default choice applies when the deadline passes.
    """

    __pydantic_config__ = Strict
    question: Text
    discount: Mapping[str, Decimal]
    rework_days: int = 1
    default: str = "REWORK"
    deadline_hours: int = 48


@dataclass(frozen=True, eq=False)
class Characteristic:
    """What an inspection checks. `unit` is a UN/ECE Rec 20 code; without one it is pass or fail.

    A safety characteristic never carries a concession. `defect` is the code of its failure, its own code where not
    given; `disposition` is what follows where neither the customer nor an engineer decides. `type_test` is the value
    that the model's type test found.
    """

    __pydantic_config__ = Strict
    code: str
    name: Text
    operation: str
    unit: str | None = None
    nominal: float | None = None
    lower_limit: float | None = None
    upper_limit: float | None = None
    safety: bool = False
    concession: Concession | None = None
    instrument: str | None = None
    defect: str | None = None
    severity: Severity | None = None
    disposition: str = "REWORK"
    type_test: float | None = None

    @property
    def defect_code(self) -> str:
        return self.defect or self.code

    @property
    def gravity(self) -> Severity:
        """The severity of its failure: CRITICAL for safety, MINOR for what may be conceded, unless the plan says so."""
        usual = Severity.CRITICAL if self.safety else Severity.MINOR if self.concession else Severity.MAJOR
        return self.severity or usual


@dataclass(frozen=True)
class TypeTest:
    """What was found once, on the model's type-test samples, and is not measured on each unit."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    unit: str
    value: float
    method: str | None = None


@dataclass(frozen=True, eq=False)
class Option:
    """One choice in a group. `value` is the number that RANGE rules compare (litres, kilograms, centimetres …)."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    surcharge: Mapping[str, Decimal] = field(default_factory=dict)
    added_days: int = 0
    swatch: str | None = None
    value: float | None = None
    markets: tuple[str, ...] | None = None
    withdrawn: bool = False


@dataclass(frozen=True, eq=False)
class OptionGroup:
    """A question to the customer; `freezes_at` is the operation whose start settles it for good."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    options: tuple[Option, ...]
    required: bool = True
    many: bool = False
    freezes_at: str | None = None

    @cached_property
    def offered(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if not option.withdrawn)

    @cached_property
    def withdrawn(self) -> tuple[Option, ...]:
        return tuple(option for option in self.options if option.withdrawn)

    def find_option(self, code: str) -> Option | None:
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True, eq=False)
class Rule:
    """A compatibility rule between options, each named `GROUP.OPTION`.

    Whenever one of `when` is chosen: REQUIRES wants one of `then`; EXCLUDES forbids all of `then`; RANGE wants every
    choice in `group` to have a `value` from `minimum` to `maximum`, both included.
    """

    __pydantic_config__ = Strict
    code: str
    kind: RuleKind
    when: tuple[str, ...]
    explanation: Text
    then: tuple[str, ...] = ()
    group: str | None = None
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, eq=False)
class Engraving:
    """The text that may be engraved: at most `length_max` characters, each matching `allowed` (a character class).

    Letters that match bring the marks of their own script along.
    """

    __pydantic_config__ = Strict
    length_max: int
    allowed: str


@dataclass(frozen=True, eq=False)
class Model:
    """A catalogue entry: what may be chosen, how it is built and what is inspected."""

    __pydantic_config__ = Strict
    sku: str
    gtin: str
    name: Text
    description: Text
    category: Category
    base_price: Mapping[str, Decimal]
    option_groups: tuple[OptionGroup, ...]
    routing: tuple[Operation, ...]
    inspection_plan: tuple[Characteristic, ...]
    line: str
    rules: tuple[Rule, ...] = ()
    engraving: Engraving | None = None
    type_tests: tuple[TypeTest, ...] = ()
    withdrawn: bool = False

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        return {operation.code: operation for operation in self.routing}

    @cached_property
    def characteristics(self) -> Mapping[str, Characteristic]:
        return {characteristic.code: characteristic for characteristic in self.inspection_plan}

    @cached_property
    def groups(self) -> Mapping[str, OptionGroup]:
        return {group.code: group for group in self.option_groups}

    @cached_property
    def final_inspection(self) -> str:
        """Name the last operation of the routing at which something is inspected."""
        inspected = {characteristic.operation for characteristic in self.inspection_plan}
        return next(operation.code for operation in reversed(self.routing) if operation.code in inspected)


@dataclass(frozen=True, eq=False)
class Factory:
    """ISA-95 site. `markets` None means sold world-wide; `timezone` is an IANA name."""

    __pydantic_config__ = Strict
    code: str
    name: Text
    city: str
    country: str
    category: Category
    timezone: str
    lines: tuple[Line, ...]
    models: tuple[Model, ...]
    markets: tuple[str, ...] | None = None
    withdrawn: bool = False


@dataclass(frozen=True, eq=False)
class SlotWindow:
    """Hours in which a haulier delivers, on ISO weekdays, local; and to how many doors of one country in each."""

    __pydantic_config__ = Strict
    days: tuple[int, ...]
    start: time
    end: time
    capacity: int


@dataclass(frozen=True, eq=False)
class Carrier:
    """A haulier and the days it needs to each country: `[earliest, latest]`; `*` stands for all other countries.

    Without `slots`, customers choose none.
    """

    __pydantic_config__ = Strict
    code: str
    name: str
    transit_days: Mapping[str, tuple[int, int]]
    slots: tuple[SlotWindow, ...] = ()
    withdrawn: bool = False


@dataclass(frozen=True, eq=False)
class Tax:
    """A tax on what consumers buy. `rate` is a share of the net price; `included`: price lists contain it already."""

    __pydantic_config__ = Strict
    name: Text
    rate: Decimal
    included: bool


@dataclass(frozen=True, eq=False)
class Market:
    """What a country adds to a price: its tax, if we charge one there, and the delivery of one unit by currency.

    The country `*` stands for all that no other market names.
    """

    __pydantic_config__ = Strict
    country: str
    delivery: Mapping[str, Decimal]
    tax: Tax | None = None


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All factories, models, carriers and markets, with the look-ups that the rest of the program needs."""

    factories: tuple[Factory, ...] = ()
    carriers: tuple[Carrier, ...] = ()
    markets: tuple[Market, ...] = ()

    @cached_property
    def factory(self) -> Mapping[str, Factory]:
        return {factory.code: factory for factory in self.factories}

    @cached_property
    def line(self) -> Mapping[str, Line]:
        return {line.code: line for factory in self.factories for line in factory.lines}

    @cached_property
    def model(self) -> Mapping[str, Model]:
        """Models by SKU, in SKU order: the order in which they are paged."""
        models = [model for factory in self.factories for model in factory.models]
        return {model.sku: model for model in sorted(models, key=lambda model: model.sku)}

    @cached_property
    def factory_of_line(self) -> Mapping[str, Factory]:
        return {line.code: factory for factory in self.factories for line in factory.lines}

    def factory_of(self, model: Model) -> Factory:
        return self.factory_of_line[model.line]

    @cached_property
    def market(self) -> Mapping[str, Market]:
        return {market.country: market for market in self.markets}

    @cached_property
    def carrier(self) -> Mapping[str, Carrier]:
        return {carrier.code: carrier for carrier in self.carriers}

    def market_for(self, country: str) -> Market:
        return self.market.get(country) or self.market["*"]

    def carrier_to(self, origin: str, country: str) -> Carrier | None:
        """Choose the carrier for a country: the first that names it, else the first that serves all others.

        Within the country of origin only a carrier that names the country serves.
        """
        carriers = [carrier for carrier in self.carriers if not carrier.withdrawn]
        naming = (carrier for carrier in carriers if country in carrier.transit_days)
        serving = (carrier for carrier in carriers if "*" in carrier.transit_days and country != origin)
        return next(naming, None) or next(serving, None)

    def sells(self, model: Model, country: str) -> bool:
        """Tell whether a model is sold in a country and can be brought there."""
        factory = self.factory_of(model)
        return sold_in(factory, country) and self.carrier_to(factory.country, country) is not None


def sold_in(factory: Factory, country: str) -> bool:
    return factory.markets is None or country in factory.markets
