"""The catalogue as clients see it: factories, lines, models, choices, routings and inspection plans."""

from functools import lru_cache

import strawberry

from app.context import Info
from app.domain.catalogue import catalogue as domain
from app.domain.catalogue.catalogue import Category, Severity
from app.domain.shared.money import Money as DomainMoney
from app.domain.unit.disposition import Disposition
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.scalars import CountryCode
from schema.words import InLocale, vocabulary, words

vocabulary(
    Category,
    "What kind of appliance. The list grows: expect unknown values.",
    {
        "WASHING_MACHINE": "Made in Foshan.",
        "REFRIGERATOR": "Made in Shenyang.",
        "AIR_CONDITIONER": "Made in Zhengzhou.",
        "WATER_HEATER": "Made in Qingdao.",
    },
)

vocabulary(
    Severity,
    "How grave a nonconformance is. The list grows: expect unknown values.",
    {
        "MINOR": "Its customer may take it as it is.",
        "MAJOR": "It must be put right.",
        "CRITICAL": "It touches safety.",
    },
)
vocabulary(
    Disposition,
    "What becomes of a nonconforming unit (ISO 9000). The list grows: expect unknown values.",
    {
        "REWORK": "It is made to conform, and inspected again.",
        "REPAIR": "It is made fit for its use by another way than the drawing's, and inspected again.",
        "CONCESSION": "It is taken as it is. Never with a safety characteristic.",
        "REMAKE": "It is given up for another use, and made again under a new code.",
        "SCRAP": "It is destroyed, and made again under a new code.",
    },
)


@strawberry.type(description="One place on a line (ISA-95 work unit).")
class Station:
    text: strawberry.Private[domain.Station]
    code: str = strawberry.field(description="Unique within the factory.")

    @classmethod
    def of(cls, station: domain.Station) -> "Station":
        return cls(text=station, code=station.code)

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.text.name, locale)


@strawberry.type(description="A mixed-model production line (ISA-95 work center).")
class Line(Node):
    line: strawberry.Private[domain.Line]
    code: str = strawberry.field(description="Unique over all factories.")
    takt_seconds: int = strawberry.field(description="Seconds between two units that leave the line.")
    stations: list[Station] = strawberry.field(description="Its stations, in the direction of flow.")

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, line: domain.Line) -> "Line":
        return cls(
            id=global_id("Line", line.code),
            line=line,
            code=line.code,
            takt_seconds=line.takt_seconds,
            stations=[Station.of(station) for station in line.stations],
        )

    @strawberry.field(description="The factory it stands in.")
    def factory(self, info: Info) -> "Factory":
        return Factory.of(info.context.deps.catalogue.factory_of_line[self.code])


@strawberry.type(description="A plant (ISA-95 site).")
class Factory(Node):
    factory: strawberry.Private[domain.Factory]
    code: str = strawberry.field(description="Unique, for example FOSHAN.")
    city: str = strawberry.field(description="Where it stands.")
    country: CountryCode = strawberry.field(description="Where it stands.")
    category: Category = strawberry.field(description="What it makes.")
    markets: list[CountryCode] | None = strawberry.field(description="Where its products are sold; null: world-wide.")
    lines: list[Line] = strawberry.field(description="Its lines.")

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, factory: domain.Factory) -> "Factory":
        return cls(
            id=global_id("Factory", factory.code),
            factory=factory,
            code=factory.code,
            city=factory.city,
            country=CountryCode(factory.country),
            category=factory.category,
            markets=None if factory.markets is None else [CountryCode(market) for market in factory.markets],
            lines=[Line.of(line) for line in factory.lines],
        )

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.factory.name, locale)


@strawberry.type(description="One step of a routing.")
class Operation:
    operation: strawberry.Private[domain.Operation]
    code: str = strawberry.field(description="Unique within the routing.")
    station: Station = strawberry.field(description="Where it is done.")
    standard_seconds: int = strawberry.field(description="How long it takes by plan.")

    @classmethod
    def of(cls, operation: domain.Operation, line: domain.Line) -> "Operation":
        station = line.find_station(operation.station)
        assert station is not None, "checked when the catalogue was loaded"
        return cls(
            operation=operation,
            code=operation.code,
            station=Station.of(station),
            standard_seconds=operation.standard_seconds,
        )

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.operation.name, locale)


@strawberry.type(description="What is inspected, at which operation, within which limits.")
class Characteristic:
    characteristic: strawberry.Private[domain.Characteristic]
    code: str = strawberry.field(description="Unique within the model.")
    operation: Operation = strawberry.field(description="When it is inspected.")
    unit: str | None = strawberry.field(description="UN/ECE Rec 20 code; null: pass or fail.")
    nominal: float | None = strawberry.field(description="The value aimed at.")
    lower_limit: float | None = strawberry.field(description="The least value that passes.")
    upper_limit: float | None = strawberry.field(description="The greatest value that passes.")
    safety: bool = strawberry.field(description="A safety characteristic is never offered as a concession.")
    instrument: str | None = strawberry.field(description="What it is read with.")
    defect_code: str = strawberry.field(description="The code of its failure.")
    severity: Severity = strawberry.field(description="How grave its failure is.")
    default_disposition: Disposition = strawberry.field(
        description="What becomes of a unit that fails it, where neither its customer nor an engineer decides."
    )
    type_test_value: float | None = strawberry.field(description="What the type test of the model found.")

    @classmethod
    def of(cls, characteristic: domain.Characteristic, model: domain.Model, line: domain.Line) -> "Characteristic":
        return cls(
            characteristic=characteristic,
            code=characteristic.code,
            operation=Operation.of(model.operations[characteristic.operation], line),
            unit=characteristic.unit,
            nominal=characteristic.nominal,
            lower_limit=characteristic.lower_limit,
            upper_limit=characteristic.upper_limit,
            safety=characteristic.safety,
            instrument=characteristic.instrument,
            defect_code=characteristic.defect_code,
            severity=characteristic.gravity,
            default_disposition=Disposition(characteristic.disposition),
            type_test_value=characteristic.type_test,
        )

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.characteristic.name, locale)


@strawberry.type(description="What was found once, on the model's type-test samples; not measured on each unit.")
class TypeTest:
    test: strawberry.Private[domain.TypeTest]
    code: str = strawberry.field(description="Unique within the model.")
    unit: str = strawberry.field(description="UN/ECE Rec 20 code.")
    value: float = strawberry.field(description="What was found.")
    method: str | None = strawberry.field(description="The standard it was found by.")

    @classmethod
    def of(cls, test: domain.TypeTest) -> "TypeTest":
        return cls(test=test, code=test.code, unit=test.unit, value=test.value, method=test.method)

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.test.name, locale)


@strawberry.type(description="One choice in a group.")
class Option:
    option: strawberry.Private[domain.Option]
    code: str = strawberry.field(description="Unique within its group.")
    added_days: int = strawberry.field(description="Days that it adds to the delivery.")
    swatch: str | None = strawberry.field(description="A colour, #RRGGBB.")

    @classmethod
    def of(cls, option: domain.Option) -> "Option":
        return cls(option=option, code=option.code, added_days=option.added_days, swatch=option.swatch)

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.option.name, locale)

    @strawberry.field(description="What it adds to the price; null: included, or no price in this currency.")
    def surcharge(self, currency: InCurrency = None) -> Money | None:
        amount = self.option.surcharge.get(currency or DEFAULT_CURRENCY)
        return None if amount is None else Money.of(DomainMoney(amount, currency or DEFAULT_CURRENCY))


@strawberry.type(description="A question to the customer.")
class OptionGroup:
    group: strawberry.Private[domain.OptionGroup]
    code: str = strawberry.field(description="Unique within the model.")
    required: bool = strawberry.field(description="A complete design has a choice here.")
    many: bool = strawberry.field(description="More than one option may be chosen.")
    options: list[Option] = strawberry.field(description="The choices; the first is the usual one.")
    freezes_at: Operation | None = strawberry.field(description="The operation whose start freezes this choice.")

    @classmethod
    def of(cls, group: domain.OptionGroup, model: domain.Model, line: domain.Line) -> "OptionGroup":
        freezes_at = model.operations[group.freezes_at] if group.freezes_at else None
        return cls(
            group=group,
            code=group.code,
            required=group.required,
            many=group.many,
            options=[Option.of(option) for option in group.options],
            freezes_at=Operation.of(freezes_at, line) if freezes_at else None,
        )

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.group.name, locale)


@strawberry.type(description="A catalogue entry: what may be chosen, how it is built and what is inspected.")
class Model(Node):
    model: strawberry.Private[domain.Model]
    sku: str = strawberry.field(description="Unique over all factories.")
    category: Category = strawberry.field(description="What kind of appliance.")
    factory: Factory = strawberry.field(description="Where it is made.")
    option_groups: list[OptionGroup] = strawberry.field(description="What may be chosen.")
    routing: list[Operation] = strawberry.field(description="How it is built, in order.")
    inspection_plan: list[Characteristic] = strawberry.field(description="What is inspected.")
    type_tests: list[TypeTest] = strawberry.field(description="What is known from its type test alone.")

    @classmethod
    def of(cls, model: domain.Model, catalogue: domain.Catalogue) -> "Model":
        return _model(model, catalogue.factory_of(model), catalogue.line[model.line])

    @strawberry.field(description="Its name.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.model.name, locale)

    @strawberry.field(description="What it is, in a few sentences.")
    def description(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.model.description, locale)

    @strawberry.field(description="The price without options; null: no price list in this currency.")
    def base_price(self, currency: InCurrency = None) -> Money | None:
        amount = self.model.base_price.get(currency or DEFAULT_CURRENCY)
        return None if amount is None else Money.of(DomainMoney(amount, currency or DEFAULT_CURRENCY))


@lru_cache(maxsize=1024)
def _model(model: domain.Model, factory: domain.Factory, line: domain.Line) -> Model:
    """Map a model once: the catalogue does not change while the program runs."""
    return Model(
        id=global_id("Model", model.sku),
        model=model,
        sku=model.sku,
        category=model.category,
        factory=Factory.of(factory),
        option_groups=[OptionGroup.of(group, model, line) for group in model.option_groups],
        routing=[Operation.of(operation, line) for operation in model.routing],
        inspection_plan=[Characteristic.of(entry, model, line) for entry in model.inspection_plan],
        type_tests=[TypeTest.of(test) for test in model.type_tests],
    )
