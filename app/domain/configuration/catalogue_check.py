"""Is a factory's catalogue sound: do its references lead somewhere, and are its codes, amounts and limits possible?

Problems are yielded as (path, reason); a path such as `models.0.routing.3.station` names fields and positions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

from stdnum import ean

from app.domain.catalogue.catalogue import (
    Carrier,
    Characteristic,
    Factory,
    Line,
    Market,
    Model,
    OptionGroup,
    Rule,
    RuleKind,
    Severity,
)
from app.domain.configuration.complexity import is_too_complex
from app.domain.shared.country import COUNTRIES
from app.domain.shared.money import CURRENCIES
from app.domain.shared.text import LANGUAGES, Text

Problem = tuple[str, str]

OPERATIONS_MIN, OPERATIONS_MAX = 8, 14
PLACES_MAX = 100
DEFAULT_CHOICES = ("CONCESSION", "REWORK")
DEFAULT_DISPOSITIONS = ("REWORK", "REPAIR", "REMAKE", "SCRAP")
COUNTRY = re.compile(r"[A-Z]{2}|\*")
SWATCH = re.compile(r"#[0-9A-Fa-f]{6}")


def problems(factory: Factory) -> Iterator[Problem]:
    """Find what is wrong inside one factory, in the order of its file."""
    yield from _values(factory, "")
    try:
        ZoneInfo(factory.timezone)
    except (KeyError, ValueError, OSError):
        yield "timezone", f"no time zone {factory.timezone!r}"
    lines = {line.code: line for line in factory.lines}
    stations = [
        (f"lines.{i}.stations.{j}.code", station.code)
        for i, line in enumerate(factory.lines)
        for j, station in enumerate(line.stations)
    ]
    yield from _twice((f"lines.{i}.code", line.code) for i, line in enumerate(factory.lines))
    yield from _twice(stations)
    for i, line in enumerate(factory.lines):
        yield from _line(line, f"lines.{i}.")
    yield from _capacities(factory)
    yield from _twice((f"models.{i}.sku", model.sku) for i, model in enumerate(factory.models))
    yield from _twice((f"models.{i}.gtin", model.gtin) for i, model in enumerate(factory.models))
    for i, model in enumerate(factory.models):
        found = list(_model(model, lines.get(model.line), f"models.{i}."))
        yield from found
        if not found and is_too_complex(model):
            yield f"models.{i}.rules", "too knotted: what can still be chosen takes too long to find out"


def problems_between(factories: Iterable[Factory]) -> Iterator[Problem]:
    """Find codes that two factories share although each must be the only one; paths begin with the factory's code."""
    owners: dict[Problem, Factory] = {}
    for factory in factories:
        codes = [("code", "code", factory.code)]
        codes += [("line", f"lines.{i}.code", line.code) for i, line in enumerate(factory.lines)]
        for i, model in enumerate(factory.models):
            codes += [("sku", f"models.{i}.sku", model.sku), ("gtin", f"models.{i}.gtin", model.gtin)]
        for kind, path, code in codes:
            owner = owners.setdefault((kind, code), factory)
            if owner is not factory:
                yield f"{factory.code}.{path}", f"{code!r} is already used by {owner.code}"


def carrier_problems(carriers: tuple[Carrier, ...]) -> Iterator[Problem]:
    """Find carriers with the same code, impossible countries and transit days in the wrong order."""
    yield from _twice((f"{i}.code", carrier.code) for i, carrier in enumerate(carriers))
    for i, carrier in enumerate(carriers):
        for country, (earliest, latest) in carrier.transit_days.items():
            if not COUNTRY.fullmatch(country):
                yield f"{i}.transit_days.{country}", f"{country!r} is neither a country code nor '*'"
            if not 0 <= earliest <= latest:
                yield f"{i}.transit_days.{country}", f"{earliest} to {latest} days are in the wrong order"
        yield from _slots(carrier, f"{i}.slots")


def _slots(carrier: Carrier, path: str) -> Iterator[Problem]:
    yield from _twice((f"{path}.{j}.start", f"{slot.days} {slot.start}") for j, slot in enumerate(carrier.slots))
    for j, slot in enumerate(carrier.slots):
        if not slot.days or not set(slot.days) <= set(range(1, 8)):
            yield f"{path}.{j}.days", f"{list(slot.days)} are not ISO weekdays, 1 to 7"
        if slot.start >= slot.end:
            yield f"{path}.{j}.end", f"it ends at {slot.end:%H:%M}, not after its start"
        if slot.capacity < 1:
            yield f"{path}.{j}.capacity", "room for nobody"


def market_problems(markets: tuple[Market, ...]) -> Iterator[Problem]:
    """Find countries that do not exist or occur twice, impossible rates and fees, and a missing default."""
    if not any(market.country == "*" for market in markets):
        yield "*", "no market stands for all other countries"
    yield from _twice((f"{i}.country", market.country) for i, market in enumerate(markets))
    for i, market in enumerate(markets):
        if market.country not in COUNTRIES and market.country != "*":
            yield f"{i}.country", f"{market.country!r} is neither a country code nor '*'"
        yield from _lacking(market.delivery, CURRENCIES, f"{i}.delivery")
        yield from _amounts(market.delivery, f"{i}.delivery", free=True)
        if market.tax is not None:
            yield from _text(market.tax.name, f"{i}.tax.name")
            if not 0 < market.tax.rate < 1:
                yield f"{i}.tax.rate", f"{market.tax.rate} is not a share between 0 and 1"


def _values(thing: Any, path: str) -> Iterator[Problem]:
    """Walk every text, price list and country list, wherever it stands."""
    for field in fields(thing):
        value, place = getattr(thing, field.name), f"{path}{field.name}"
        if field.type == Text:
            yield from _text(value, place)
        elif field.type == Mapping[str, Decimal]:
            yield from _amounts(value, place)
        elif field.name == "markets":
            yield from (
                (place, f"{code!r} is no country code") for code in value or () if not re.fullmatch("[A-Z]{2}", code)
            )
        elif is_dataclass(value):
            yield from _values(value, f"{place}.")
        elif isinstance(value, tuple):
            for i, part in enumerate(value):
                yield from _values(part, f"{place}.{i}.") if is_dataclass(part) else ()


def _text(text: Text, path: str) -> Iterator[Problem]:
    for language in LANGUAGES:
        if not text.get(language, "").strip():
            yield path, f"no text in {language!r}"


def _amounts(amounts: Mapping[str, Decimal], path: str, free: bool = False) -> Iterator[Problem]:
    for currency, amount in amounts.items():
        if currency not in CURRENCIES:
            yield path, f"unknown currency {currency!r}"
        if amount < 0 or not (amount or free) or int(amount.as_tuple().exponent) < -2:
            kind = "an" if free else "a positive"
            yield f"{path}.{currency}", f"{amount} is not {kind} amount with at most two decimals"


def _line(line: Line, path: str) -> Iterator[Problem]:
    if line.takt_seconds <= 0:
        yield f"{path}takt_seconds", f"a takt of {line.takt_seconds} seconds"
    if not line.shifts:
        yield f"{path}shifts", "the line never works"
    for i, shift in enumerate(line.shifts):
        if not shift.days or set(shift.days) - set(range(1, 8)) or len(set(shift.days)) < len(shift.days):
            yield f"{path}shifts.{i}.days", f"{list(shift.days)} are not different ISO weekdays from 1 to 7"
        if shift.start.tzinfo or shift.end.tzinfo:
            yield f"{path}shifts.{i}", "a shift is in the factory's own time, without an offset"
        elif shift.start >= shift.end:
            yield f"{path}shifts.{i}.end", f"{shift.end} is not after {shift.start}"
    local = [(i, shift) for i, shift in enumerate(line.shifts) if not shift.start.tzinfo and not shift.end.tzinfo]
    for (i, first), (j, second) in combinations(local, 2):
        if set(first.days) & set(second.days) and first.start < second.end and second.start < first.end:
            yield f"{path}shifts.{j}", f"overlaps shift {i}"


def _capacities(factory: Factory) -> Iterator[Problem]:
    """Find capacities for options that no model of the line has, and those that bear nothing."""
    for i, line in enumerate(factory.lines):
        groups = [group for model in factory.models if model.line == line.code for group in model.option_groups]
        known = {f"{group.code}.{option.code}" for group in groups for option in group.options}
        for j, capacity in enumerate(line.capacities):
            path = f"lines.{i}.capacities.{j}"
            if capacity.option not in known:
                yield f"{path}.option", f"no model of this line has {capacity.option!r}"
            if capacity.at_most < 1:
                yield f"{path}.at_most", f"{capacity.at_most} of an option would never be built"
            if capacity.of is not None and not capacity.at_most < capacity.of <= PLACES_MAX:
                yield (
                    f"{path}.of",
                    f"at most {capacity.at_most} of {capacity.of}: of 2 to {PLACES_MAX}, and more than that",
                )


def _model(model: Model, line: Line | None, path: str) -> Iterator[Problem]:
    if len(model.gtin) != 14 or not ean.is_valid(model.gtin):
        yield f"{path}gtin", f"{model.gtin!r} is not a GTIN-14 with a correct check digit"
    if not model.base_price:
        yield f"{path}base_price", "no price in any currency"
    if line is None:
        yield f"{path}line", f"no line {model.line!r}"
    yield from _routing(model, line, path)
    yield from _twice((f"{path}option_groups.{i}.code", group.code) for i, group in enumerate(model.option_groups))
    for i, group in enumerate(model.option_groups):
        yield from _group(group, model, f"{path}option_groups.{i}.")
    yield from _twice((f"{path}rules.{i}.code", rule.code) for i, rule in enumerate(model.rules))
    for i, rule in enumerate(model.rules):
        yield from _rule(rule, model, f"{path}rules.{i}.")
    checked = model.inspection_plan
    yield from _twice((f"{path}inspection_plan.{i}.code", each.code) for i, each in enumerate(checked))
    for i, characteristic in enumerate(checked):
        yield from _characteristic(characteristic, model, f"{path}inspection_plan.{i}.")
    yield from _twice((f"{path}type_tests.{i}.code", test.code) for i, test in enumerate(model.type_tests))
    if not any(characteristic.operation in model.operations for characteristic in checked):
        yield (
            f"{path}inspection_plan",
            "there is no final inspection: nothing is inspected at any operation of the routing",
        )
    if model.engraving:
        yield from _engraving(model.engraving.allowed, model.engraving.length_max, f"{path}engraving.")


def _routing(model: Model, line: Line | None, path: str) -> Iterator[Problem]:
    if not OPERATIONS_MIN <= len(model.routing) <= OPERATIONS_MAX:
        yield f"{path}routing", f"{len(model.routing)} operations, not {OPERATIONS_MIN} to {OPERATIONS_MAX}"
    yield from _twice((f"{path}routing.{i}.code", operation.code) for i, operation in enumerate(model.routing))
    for i, operation in enumerate(model.routing):
        if line and line.find_station(operation.station) is None:
            yield f"{path}routing.{i}.station", f"no station {operation.station!r} on line {line.code!r}"
        if operation.standard_seconds <= 0:
            yield f"{path}routing.{i}.standard_seconds", f"a standard time of {operation.standard_seconds} seconds"


def _group(group: OptionGroup, model: Model, path: str) -> Iterator[Problem]:
    if not group.options or (group.required and not group.offered):
        yield f"{path}options", "nothing to choose from"
    if group.freezes_at is not None and group.freezes_at not in model.operations:
        yield f"{path}freezes_at", f"no operation {group.freezes_at!r} in the routing"
    yield from _twice((f"{path}options.{i}.code", option.code) for i, option in enumerate(group.options))
    for i, option in enumerate(group.options):
        if option.surcharge:
            yield from _lacking(option.surcharge, model.base_price, f"{path}options.{i}.surcharge")
        if option.swatch is not None and not SWATCH.fullmatch(option.swatch):
            yield f"{path}options.{i}.swatch", f"{option.swatch!r} is not #RRGGBB"
        if option.added_days < 0:
            yield f"{path}options.{i}.added_days", "fewer than no days"


def _rule(rule: Rule, model: Model, path: str) -> Iterator[Problem]:
    for place, references in (("when", rule.when), ("then", rule.then)):
        for i, reference in enumerate(references):
            code, _, option = reference.partition(".")
            group = model.groups.get(code)
            if group is None:
                yield f"{path}{place}.{i}", f"no option group {code!r} ({reference!r} is not GROUP.OPTION)"
            elif group.find_option(option) is None:
                yield f"{path}{place}.{i}", f"no option {option!r} in group {code!r}"
    if not rule.when:
        yield f"{path}when", "the rule never applies"
    yield from _range(rule, model, path) if rule.kind is RuleKind.RANGE else _pairing(rule, path)


def _pairing(rule: Rule, path: str) -> Iterator[Problem]:
    if not rule.then:
        yield f"{path}then", f"{rule.kind} needs options here"
    for name in ("group", "minimum", "maximum"):
        if getattr(rule, name) is not None:
            yield f"{path}{name}", f"{rule.kind} has none"


def _range(rule: Rule, model: Model, path: str) -> Iterator[Problem]:
    if rule.then:
        yield f"{path}then", "RANGE has none"
    if rule.minimum is None and rule.maximum is None:
        yield f"{path}minimum", "RANGE needs a minimum or a maximum"
    if rule.minimum is not None and rule.maximum is not None and rule.minimum > rule.maximum:
        yield f"{path}minimum", f"{rule.minimum} is above the maximum {rule.maximum}"
    group = model.groups.get(rule.group or "")
    if group is None:
        yield f"{path}group", f"no option group {rule.group!r}"
    elif missing := [option.code for option in group.options if option.value is None]:
        yield f"{path}group", f"without a value to compare: {', '.join(missing)}"


def _characteristic(characteristic: Characteristic, model: Model, path: str) -> Iterator[Problem]:
    if characteristic.operation not in model.operations:
        yield f"{path}operation", f"no operation {characteristic.operation!r} in the routing"
    limits = (characteristic.lower_limit, characteristic.nominal, characteristic.upper_limit)
    known = [limit for limit in limits if limit is not None]
    if known != sorted(known):
        yield f"{path}lower_limit", f"{known} are in the wrong order: lower limit, nominal, upper limit"
    if known and characteristic.unit is None:
        yield f"{path}unit", "limits without a unit"
    if characteristic.type_test is not None and characteristic.unit is None:
        yield f"{path}type_test", "a type-test value without a unit"
    yield from _failing(characteristic, path)
    concession = characteristic.concession
    if concession is None:
        return
    if characteristic.safety:
        yield f"{path}concession", "a safety characteristic is never conceded"
    if concession.default not in DEFAULT_CHOICES:
        yield f"{path}concession.default", f"{concession.default!r} is not one of {', '.join(DEFAULT_CHOICES)}"
    if concession.deadline_hours <= 0 or concession.rework_days < 0:
        yield f"{path}concession", "a deadline or a rework in the past"
    yield from _lacking(concession.discount, model.base_price, f"{path}concession.discount")


def _failing(characteristic: Characteristic, path: str) -> Iterator[Problem]:
    if characteristic.disposition not in DEFAULT_DISPOSITIONS:
        rules = ", ".join(DEFAULT_DISPOSITIONS)
        yield f"{path}disposition", f"{characteristic.disposition!r} is not one of {rules}"
    if characteristic.safety and characteristic.gravity != Severity.CRITICAL:
        yield f"{path}severity", "a safety characteristic is CRITICAL"


def _engraving(allowed: str, length_max: int, path: str) -> Iterator[Problem]:
    if length_max < 1:
        yield f"{path}length_max", "no room for a character"
    try:
        re.compile(allowed)
    except re.error as error:
        yield f"{path}allowed", f"not a regular expression: {error}"


def _lacking(amounts: Mapping[str, Decimal], wanted: Iterable[str], path: str) -> Iterator[Problem]:
    for currency in wanted:
        if currency not in amounts:
            yield path, f"no amount in {currency}"


def _twice(codes: Iterable[Problem]) -> Iterator[Problem]:
    """Report each (path, code) whose code came before, naming the first."""
    first: dict[str, str] = {}
    for path, code in codes:
        if code in first:
            yield path, f"{code!r} is already used at {first[code]}"
        first.setdefault(code, path)
