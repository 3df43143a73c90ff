"""The catalogue as clients see it: factories, lines, models, choices, routings and inspection plans."""

from datetime import datetime
from functools import lru_cache

import strawberry

from app.context import Info
from app.domain.catalogue import catalogue as domain
from app.domain.catalogue import edition as domain_edition
from app.domain.catalogue.catalogue import Category, Severity
from app.domain.shared.money import Money as DomainMoney
from app.domain.unit.disposition import Disposition
from schema.money import DEFAULT_CURRENCY, InCurrency, Money
from schema.node import Node, global_id
from schema.scalars import CountryCode
from schema.words import InLocale, vocabulary, words

vocabulary(
    Category,
    "A kind of appliance. The list grows: expect unknown values.",
    {
        "WASHING_MACHINE": "Washing machines, made in Foshan.",
        "REFRIGERATOR": "Refrigerators, made in Shenyang.",
        "AIR_CONDITIONER": "Air conditioners, made in Zhengzhou.",
        "WATER_HEATER": "Water heaters, made in Qingdao.",
    },
)

vocabulary(
    Severity,
    "How serious a nonconformance is. The list grows: expect unknown values.",
    {
        "MINOR": "The customer may accept the unit as it is.",
        "MAJOR": "The fault must be repaired.",
        "CRITICAL": "The fault affects safety.",
    },
)
vocabulary(
    Disposition,
    "What is done with a nonconforming unit, in the terms of ISO 9000. The list grows: expect unknown values.",
    {
        "REWORK": "The unit is made to conform to its requirements, and inspected again.",
        "REPAIR": "The unit is made fit for use, though not as the drawing says, and inspected again.",
        "CONCESSION": "The unit is accepted as it is. This is never possible where a safety characteristic failed.",
        "REMAKE": "The unit is given up for another use, and made again under a new ID code.",
        "SCRAP": "The unit is destroyed, and made again under a new ID code.",
    },
)


@strawberry.type(description="One station of a production line (ISA-95: work unit).")
class Station:
    text: strawberry.Private[domain.Station]
    code: str = strawberry.field(description="The station's code, unique within the factory.")

    @classmethod
    def of(cls, station: domain.Station) -> "Station":
        return cls(text=station, code=station.code)

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.text.name, locale)


@strawberry.type(description="A production line that builds several models in turn (ISA-95: work center).")
class Line(Node):
    line: strawberry.Private[domain.Line]
    code: str = strawberry.field(description="The code, unique over all factories.")
    takt_seconds: int = strawberry.field(description="The line's takt: seconds between two units that leave it.")
    stations: list[Station] = strawberry.field(
        description="The line's stations, in the order in which units pass them."
    )
    withdrawn: bool = strawberry.field(
        description="Whether nothing new is made on the line; units that were sold before are finished there."
    )

    @classmethod
    @lru_cache(maxsize=1024)
    def of(cls, line: domain.Line) -> "Line":
        return cls(
            id=global_id("Line", line.code),
            line=line,
            code=line.code,
            takt_seconds=line.takt_seconds,
            stations=[Station.of(station) for station in line.stations if not station.withdrawn],
            withdrawn=line.withdrawn,
        )

    @strawberry.field(description="The factory to which the line belongs.")
    def factory(self, info: Info) -> "Factory":
        return Factory.of(info.context.deps.catalogue.factory_of_line[self.code])


@strawberry.type(description="A factory (ISA-95: site).")
class Factory(Node):
    factory: strawberry.Private[domain.Factory]
    code: str = strawberry.field(description="The factory's code, for example FOSHAN.")
    city: str = strawberry.field(description="The city where the factory is.")
    country: CountryCode = strawberry.field(description="The country where the factory is.")
    category: Category = strawberry.field(description="The kind of appliance that the factory makes.")
    markets: list[CountryCode] | None = strawberry.field(
        description="The countries in which the factory's products are sold; null: everywhere."
    )
    lines: list[Line] = strawberry.field(description="The factory's production lines, withdrawn ones too.")
    withdrawn: bool = strawberry.field(
        description="Whether nothing that the factory makes is offered any more; what was sold before is made there."
    )

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
            withdrawn=factory.withdrawn,
        )

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.factory.name, locale)


@strawberry.type(description="One operation of a model's routing.")
class Operation:
    operation: strawberry.Private[domain.Operation]
    code: str = strawberry.field(description="The operation's code, unique within the routing.")
    station: Station = strawberry.field(description="The station at which the operation is done.")
    standard_seconds: int = strawberry.field(description="The operation's standard time, in seconds.")

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

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.operation.name, locale)


@strawberry.type(description="A characteristic that is inspected on each unit, with its limits.")
class Characteristic:
    characteristic: strawberry.Private[domain.Characteristic]
    code: str = strawberry.field(description="The code, unique within the model.")
    operation: Operation = strawberry.field(description="The operation at which it is inspected.")
    unit: str | None = strawberry.field(
        description="The unit of measure, as a UN/ECE Recommendation 20 code; null: the result is pass or fail."
    )
    nominal: float | None = strawberry.field(description="The nominal value.")
    lower_limit: float | None = strawberry.field(
        description="The lower limit: the least value that passes; null: there is none."
    )
    upper_limit: float | None = strawberry.field(
        description="The upper limit: the greatest value that passes; null: there is none."
    )
    safety: bool = strawberry.field(
        description="Whether the characteristic is about safety. A unit that fails it is never offered to its "
        "customer as a concession."
    )
    instrument: str | None = strawberry.field(description="The instrument with which it is measured.")
    defect_code: str = strawberry.field(description="The defect code of a unit that fails it.")
    severity: Severity = strawberry.field(description="How serious a failure is.")
    default_disposition: Disposition = strawberry.field(
        description="What is done with a unit that fails it, where neither its customer nor an engineer decides."
    )
    type_test_value: float | None = strawberry.field(description="The value that the model's type test found.")

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

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.characteristic.name, locale)


@strawberry.type(
    description="A value that was found once, on the samples of the model's type test; it is not measured on each unit."
)
class TypeTest:
    test: strawberry.Private[domain.TypeTest]
    code: str = strawberry.field(description="The code, unique within the model.")
    unit: str = strawberry.field(description="The unit of measure, as a UN/ECE Recommendation 20 code.")
    value: float = strawberry.field(description="The value that was found.")
    method: str | None = strawberry.field(description="The standard by which it was found.")

    @classmethod
    def of(cls, test: domain.TypeTest) -> "TypeTest":
        return cls(test=test, code=test.code, unit=test.unit, value=test.value, method=test.method)

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.test.name, locale)


@strawberry.type(description="One option of an option group.")
class Option:
    option: strawberry.Private[domain.Option]
    code: str = strawberry.field(description="The option's code, unique within its group.")
    added_days: int = strawberry.field(description="The days by which the option delays delivery.")
    swatch: str | None = strawberry.field(description="The option's colour as #RRGGBB; null: it has none.")
    withdrawn: bool = strawberry.field(
        description="Whether the option is no longer offered: it is shown where somebody has it, and cannot be chosen."
    )

    @classmethod
    def of(cls, option: domain.Option) -> "Option":
        return cls(
            option=option,
            code=option.code,
            added_days=option.added_days,
            swatch=option.swatch,
            withdrawn=option.withdrawn,
        )

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.option.name, locale)

    @strawberry.field(description="The option's surcharge; null: it is included, or it has no price in this currency.")
    def surcharge(self, currency: InCurrency = None) -> Money | None:
        amount = self.option.surcharge.get(currency or DEFAULT_CURRENCY)
        return None if amount is None else Money.of(DomainMoney(amount, currency or DEFAULT_CURRENCY))


@strawberry.type(description="A group of options among which a customer chooses.")
class OptionGroup:
    group: strawberry.Private[domain.OptionGroup]
    code: str = strawberry.field(description="The code, unique within the model.")
    required: bool = strawberry.field(description="Whether a complete design has an option of this group.")
    many: bool = strawberry.field(description="Whether more than one option of the group may be chosen.")
    options: list[Option] = strawberry.field(
        description="The options of the group that are offered; the first is the usual one."
    )
    withdrawn_options: list[Option] = strawberry.field(
        description="The options that were offered once: shown where somebody has them, never offered again."
    )
    freezes_at: Operation | None = strawberry.field(
        description="The operation whose start freezes the choice; null: none does."
    )

    @classmethod
    def of(cls, group: domain.OptionGroup, model: domain.Model, line: domain.Line) -> "OptionGroup":
        freezes_at = model.operations[group.freezes_at] if group.freezes_at else None
        return cls(
            group=group,
            code=group.code,
            required=group.required,
            many=group.many,
            options=[Option.of(option) for option in group.offered],
            withdrawn_options=[Option.of(option) for option in group.withdrawn],
            freezes_at=Operation.of(freezes_at, line) if freezes_at else None,
        )

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.group.name, locale)


@strawberry.type(
    description="A version of a model's catalogue entry, which never changes: each load that changes the model makes "
    "the next one. Quotes name an edition, and units keep theirs for life."
)
class Edition:
    number: int = strawberry.field(description="The edition's number: 1, 2, 3 … for each model.")
    content_hash: str = strawberry.field(
        description="The SHA-256, in hexadecimal, over the RFC 8785 form of all that the catalogue entry says."
    )
    valid_from: datetime = strawberry.field(
        description="The time, by the factory clock, from which the edition was the one that is offered."
    )

    @classmethod
    def of(cls, edition: domain_edition.Edition) -> "Edition":
        return cls(number=edition.number, content_hash=edition.content_hash, valid_from=edition.valid_from)


@strawberry.type(
    description="A model of the catalogue: which options it has, how it is built and what is inspected. A design's "
    "model is as it is offered now. A unit's is the edition that was sold: it never changes and has an id of its own."
)
class Model(Node):
    model: strawberry.Private[domain.Model]
    sku: str = strawberry.field(description="The model's stock keeping unit, unique over all factories.")
    edition: Edition = strawberry.field(description="The edition of the model that this is.")
    withdrawn: bool = strawberry.field(
        description="Whether the model is no longer offered; who has a design or a unit of it keeps it."
    )
    category: Category = strawberry.field(description="The kind of appliance.")
    factory: Factory = strawberry.field(description="The factory that makes it.")
    option_groups: list[OptionGroup] = strawberry.field(description="The option groups among which a customer chooses.")
    withdrawn_groups: list[OptionGroup] = strawberry.field(
        description="The option groups in which there was something to choose once, and nothing is any more."
    )
    routing: list[Operation] = strawberry.field(
        description="The model's routing: the operations by which it is built, in order."
    )
    inspection_plan: list[Characteristic] = strawberry.field(
        description="The characteristics that are inspected on each unit."
    )
    type_tests: list[TypeTest] = strawberry.field(
        description="The values that are known from the model's type test alone."
    )

    @classmethod
    def of(cls, edition: domain_edition.Edition, catalogue: domain.Catalogue) -> "Model":
        """Map a model as it is offered now."""
        return cls._of(global_id("Model", edition.model.sku), edition, catalogue)

    @classmethod
    def as_sold(cls, edition: domain_edition.Edition, catalogue: domain.Catalogue) -> "Model":
        """Map the edition of a unit, under an id of its own: a client keeps it apart from what is offered now."""
        return cls._of(global_id("Model", f"{edition.model.sku}:{edition.number}"), edition, catalogue)

    @classmethod
    def _of(cls, id: strawberry.ID, edition: domain_edition.Edition, catalogue: domain.Catalogue) -> "Model":
        model = edition.model
        return _model(id, edition, catalogue.factory_of(model), catalogue.line[model.line])

    @strawberry.field(description="The name, for people.")
    def name(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.model.name, locale)

    @strawberry.field(description="A description of the model in a few sentences.")
    def description(self, info: Info, locale: InLocale = None) -> str:
        return words(info, self.model.description, locale)

    @strawberry.field(description="The list price without options; null: the model has no price in this currency.")
    def base_price(self, currency: InCurrency = None) -> Money | None:
        amount = self.model.base_price.get(currency or DEFAULT_CURRENCY)
        return None if amount is None else Money.of(DomainMoney(amount, currency or DEFAULT_CURRENCY))


@lru_cache(maxsize=1024)
def _model(id: strawberry.ID, edition: domain_edition.Edition, factory: domain.Factory, line: domain.Line) -> Model:
    """Map an edition once: it does not change while the program runs."""
    model = edition.model
    groups = [OptionGroup.of(group, model, line) for group in model.option_groups]
    return Model(
        id=id,
        model=model,
        sku=model.sku,
        edition=Edition.of(edition),
        withdrawn=model.withdrawn,
        category=model.category,
        factory=Factory.of(factory),
        option_groups=[group for group in groups if group.options],
        withdrawn_groups=[group for group in groups if not group.options],
        routing=[Operation.of(operation, line) for operation in model.routing],
        inspection_plan=[Characteristic.of(entry, model, line) for entry in model.inspection_plan],
        type_tests=[TypeTest.of(test) for test in model.type_tests],
    )
