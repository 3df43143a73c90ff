"""P6 as a stateful test: reports happen, eight writers tell them over the API, people decide, and all is judged."""

from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from app.domain.catalogue.catalogue import Characteristic, Model
from app.domain.shared.viewer import AccountKind
from app.domain.unit.kinds.inspection import InspectionKind
from app.domain.unit.kinds.table import REPORTED_BY
from app.domain.unit.kinds.transport import TransportKind
from app.domain.unit.report import Report
from experiments.floor import FACTORY_OF, Floor, Unit, change_colour, decide, dispose, order_unit
from experiments.telling import contradict, tell
from experiments.verdict import judge
from tests.domain.happening import MINUTES, ON_THE_LINE, concedable, failed_inspection, happenings, whole_inspection
from tests.domain.machine import CARRIER, DISPOSITIONS, MACHINES
from tests.domain.story import Told

Wait = Callable[[Coroutine[Any, Any, Any]], Any]
UNITS_MAX, HAPPENINGS_MAX, CONTRADICTED_MAX = 2, 30, 3
CARRIED = sorted(REPORTED_BY[AccountKind.CARRIER])
UNIT = st.integers(0, UNITS_MAX - 1)


def contradicted(unit: Unit, key: str, content: Report) -> Told:
    """Give a report that is known other content."""
    told = unit.told[key]
    return replace(told, report=unit.placed(content, told.report.event_id))


class HealingOverApi(RuleBasedStateMachine):
    """What the domain's machine does in memory, at a real server, with all writers at once.

    What differs is noted among `wrong`, too: told again in another moment, a story may end otherwise. `wait` is for
    what is done in the loop of the server's callers.
    """

    floor: Floor
    wait: Wait
    figures: Counter[str]
    wrong: list[str]

    def __init__(self) -> None:
        super().__init__()
        self.units: list[Unit] = []
        self.tellings = 0

    @initialize(skus=st.lists(st.sampled_from(sorted(FACTORY_OF)), min_size=1, max_size=UNITS_MAX), data=st.data())
    def units_are_ordered(self, skus: list[str], data: st.DataObject) -> None:
        self.units = [self.wait(order_unit(self.floor, sku)) for sku in skus]
        self.figures.update({"units": len(skus), **Counter(f"units of {sku}" for sku in skus)})
        for place in range(len(skus)):
            if data.draw(st.booleans()):
                self.all_is_inspected(place, data.draw(st.sampled_from(MINUTES)))

    # ---- what happens

    @rule(place=UNIT, data=st.data())
    def something_happens_on_the_line(self, place: int, data: st.DataObject) -> None:
        unit, kinds = self._unit(place), data.draw(st.sampled_from((ON_THE_LINE, tuple(InspectionKind))))
        drawn = st.lists(happenings(self._model(place), kinds), min_size=5, max_size=HAPPENINGS_MAX)
        for report in data.draw(drawn):
            unit.happens(data.draw(st.sampled_from(MACHINES)), report)

    @rule(place=UNIT, data=st.data())
    def something_happens_on_the_way(self, place: int, data: st.DataObject) -> None:
        unit = self._unit(place)
        report = data.draw(happenings(self._model(place), tuple(TransportKind)))
        carried = report.kind in CARRIED and not report.measurements
        unit.happens(data.draw(st.sampled_from((CARRIER, *MACHINES) if carried else MACHINES)), report)

    @rule(place=UNIT, minutes=st.sampled_from(MINUTES))
    def all_is_inspected(self, place: int, minutes: int) -> None:
        unit = self._unit(place)
        for report in whole_inspection(self._model(place), minutes):
            unit.happens(MACHINES[0], report)

    # ---- how it is told

    @precondition(lambda self: any(unit.waiting for unit in self.units))
    @rule(seed=st.integers(0, 2**32))
    def eight_writers_tell_it(self, seed: int) -> None:
        self.tellings += 1
        self.figures.update(self.wait(tell(self.floor, Random(seed), self.units)))
        self._judge(*self.units)

    @precondition(lambda self: self.tellings)
    @rule(place=UNIT, seed=st.integers(0, 2**32), data=st.data())
    def eight_writers_contradict_it(self, place: int, seed: int, data: st.DataObject) -> None:
        unit, random = self._unit(place), Random(seed)
        sent = data.draw(happenings(self._model(place), CARRIED))
        made = data.draw(happenings(self._model(place), ON_THE_LINE))
        known = random.sample(sorted(unit.told), min(len(unit.told), CONTRADICTED_MAX))
        others = [contradicted(unit, key, sent if key.startswith(CARRIER) else made) for key in known]
        wrong, counted = self.wait(contradict(self.floor, random, unit, others))
        self.figures.update(counted)
        self._fail_if(wrong)
        self._judge(unit)

    # ---- what people say

    @rule(place=UNIT, data=st.data(), choice=st.sampled_from(("CONCESSION", "CONCESSION", "REWORK")))
    def something_fails_and_the_customer_decides(self, place: int, data: st.DataObject, choice: str) -> None:
        self._something_fails(place, data, concedable(self._model(place)))
        self._acted("decisions", place, decide(self._unit(place), choice))

    @rule(place=UNIT, data=st.data(), disposition=st.sampled_from((*DISPOSITIONS, "SCRAP")))
    def something_fails_and_an_engineer_disposes(self, place: int, data: st.DataObject, disposition: str) -> None:
        self._something_fails(place, data, self._model(place).inspection_plan)
        self._acted("dispositions", place, dispose(self.floor, self._unit(place), disposition))

    @rule(place=UNIT)
    def the_colour_is_changed(self, place: int) -> None:
        unit = self._unit(place)
        if not unit.changed:
            unit.changed = True
            self._acted("changes of colour", place, change_colour(self.floor, unit))

    def teardown(self) -> None:
        """Tell what still waits, and count what became of the units."""
        if any(unit.waiting for unit in self.units):
            self.eight_writers_tell_it(len(self.units))
        self.figures.update({"stories": bool(self.units)})
        self.figures.update(f"ended {unit.status}" for unit in self.units)

    # ---- with what

    def _unit(self, place: int) -> Unit:
        return self.units[place % len(self.units)]

    def _model(self, place: int) -> Model:
        return self.floor.models[self._unit(place).sku]

    def _something_fails(self, place: int, data: st.DataObject, plan: Sequence[Characteristic]) -> None:
        """Have a machine find something outside its limits, and everything that waits told."""
        failed, minutes = data.draw(st.sampled_from(plan)), data.draw(st.sampled_from(MINUTES))
        self._unit(place).happens(data.draw(st.sampled_from(MACHINES)), failed_inspection(failed, minutes))
        self.eight_writers_tell_it(data.draw(st.integers(0, 2**32)))

    def _acted(self, what: str, place: int, act: Coroutine[Any, Any, int]) -> None:
        self.figures[what] += self.wait(act)
        self._judge(self._unit(place))

    def _judge(self, *units: Unit) -> None:
        for unit in units:
            wrong, unit.status = self.wait(judge(self.floor, unit))
            self.figures["judgements"] += 1
            self._fail_if(wrong)

    def _fail_if(self, wrong: list[str]) -> None:
        self.wrong.extend(wrong)
        assert not wrong, "\n".join(wrong)


def healing_over(floor: Floor, wait: Wait) -> type[HealingOverApi]:
    """Make the machine of one server; it counts and notes for all its stories."""
    found = {"floor": floor, "wait": staticmethod(wait), "figures": Counter[str](), "wrong": []}
    return type("HealingOverApi", (HealingOverApi,), found)
