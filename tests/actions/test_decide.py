"""What is a customer told who answers after the deadline, before anybody applied the default?"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.actions.decide import decide
from app.actions.unit import at_head
from app.deps import Deps
from app.domain.shared.clock import FactoryClock
from app.domain.shared.refusal import NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind, Viewer
from app.domain.unit.code import parse_code
from schema.scalars import print_datetime
from tests.client import Api, new_customer, new_unit
from tests.resolvers.test_product import COLOUR, inspect


async def test_an_answer_after_the_deadline_is_refused_with_the_deadline_in_rfc_3339(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = parse_code(await new_unit(customer))
    await inspect(foshan, code, **{COLOUR: 1.7})
    unit = await deps.stores.products.find(code)
    assert unit is not None
    ((id, asked),) = (await at_head(deps, unit)).state.requested.items()
    viewer = Viewer(unit.account, AccountKind.CUSTOMER, datetime.now(UTC) + timedelta(hours=1))
    after = replace(deps, clock=FactoryClock(datetime.now(UTC), asked.deadline + timedelta(seconds=1), 1.0))
    with pytest.raises(NotPossible) as refused:
        await decide(after, viewer, code, id, "CONCESSION", "key")
    assert refused.value.code == RefusalCode.DEADLINE_PASSED
    assert refused.value.message == f"The deadline was {print_datetime(asked.deadline)}."
    assert (await at_head(deps, unit)).state.decided == {}
