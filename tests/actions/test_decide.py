"""What is a customer told who answers twice at once, or after the deadline, before anybody applied the default?"""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.actions.decide import decide
from app.actions.unit import at_head
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.clock import FactoryClock
from app.domain.shared.refusal import NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.code import parse_code
from app.domain.unit.kinds.decision import DecisionKind
from schema.scalars import print_datetime
from tests.client import Api, new_customer, new_unit
from tests.resolvers.test_product import COLOUR, inspect


async def asked_unit(api: Api, foshan: Api, deps: Deps) -> tuple[Product, str, Viewer]:
    """Return a unit of which its customer is asked something, the question's id, and that customer."""
    customer = await new_customer(api)
    code = parse_code(await new_unit(customer))
    await inspect(foshan, code, **{COLOUR: 1.7})
    unit = await deps.stores.products.find(code)
    assert unit is not None
    unit = await at_head(deps, unit)
    ((id, _),) = unit.state.requested.items()
    return unit, id, Viewer(unit.account, AccountKind.CUSTOMER, datetime.now(UTC) + timedelta(hours=1))


async def test_the_same_answer_many_times_at_once_is_one_step_and_one_answer(api: Api, foshan: Api, deps: Deps) -> None:
    unit, id, viewer = await asked_unit(api, foshan, deps)
    answers = await asyncio.gather(*(decide(deps, viewer, unit.code, id, "REWORK", "key") for _ in range(6)))
    assert {answer.state.decided[id].choice for answer in answers} == {"REWORK"}
    steps = await deps.stores.steps.read_steps(unit.code, 0, 100)
    assert [step.kind for step in steps].count(DecisionKind.DECISION_MADE) == 1


async def test_an_answer_after_the_deadline_is_refused_with_the_deadline_in_rfc_3339(
    api: Api, foshan: Api, deps: Deps
) -> None:
    unit, id, viewer = await asked_unit(api, foshan, deps)
    asked = unit.state.requested[id]
    after = replace(deps, clock=FactoryClock(datetime.now(UTC), asked.deadline + timedelta(seconds=1), 1.0))
    with pytest.raises(NotPossible) as refused:
        await decide(after, viewer, unit.code, id, "CONCESSION", "key")
    assert refused.value.code == RefusalCode.DEADLINE_PASSED
    assert refused.value.message == f"The deadline was {print_datetime(asked.deadline)}."
    assert (await at_head(deps, unit)).state.decided == {}
