"""startDesign and what may be wrong with it; how long a quote of a design is good."""

from datetime import datetime, timedelta

import pytest

from app.deps import Deps
from app.settings import Settings
from tests.client import FRONT_9, Api, Json, new_customer, new_quote


async def start(api: Api, **input: object) -> Json:
    return await api.do("startDesign", "StartDesignInput", "... on Design { id revision }", **input)


def choice(group: str, *options: str) -> list[dict[str, object]]:
    return [{"group": group, "options": list(options)}]


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"modelSku": "NOPE"}, "NOT_FOUND", ["modelSku"]),
        ({"title": ""}, "INVALID_INPUT", ["title"]),
        ({"title": "a\u202eb"}, "INVALID_INPUT", ["title"]),
        ({"engraving": "a\x00b"}, "INVALID_INPUT", ["engraving"]),
        ({"selections": choice("NOPE")}, "INVALID_INPUT", ["selections", "0", "group"]),
        ({"selections": choice("COLOUR", "NOPE")}, "INVALID_INPUT", ["selections", "0", "options", "0"]),
        ({"selections": choice("COLOUR", "WHITE", "TITANIUM")}, "INVALID_INPUT", ["selections", "0", "options"]),
        ({"selections": choice("COLOUR") * 2}, "INVALID_INPUT", ["selections", "1", "group"]),
        ({"selections": choice("COLOUR") * 101}, "INVALID_INPUT", ["selections"]),
    ],
)
async def test_a_design_that_cannot_be_is_refused_by_name_and_not_kept(
    api: Api, wrong: dict[str, object], code: str, path: list[str]
) -> None:
    customer = await new_customer(api)
    refused = await start(customer, **{"modelSku": FRONT_9, **wrong})
    assert (refused["errorCode"], refused["path"]) == (code, ["input", *path])
    assert (await customer.ask("{ designs { nodes { id } } }"))["designs"]["nodes"] == []


@pytest.mark.parametrize(
    ("field", "text", "character", "code_point"),
    [
        ("engraving", "a<b", "<", "U+003C"),
        ("engraving", "a\u202eb", None, "U+202E"),
        ("title", "a\ue000", None, "U+E000"),
    ],
)
async def test_a_refused_character_is_told_so_that_a_client_can_show_it(
    api: Api, field: str, text: str, character: str | None, code_point: str
) -> None:
    shown = "... on InvalidInput { character codePoint }"
    input = {"modelSku": FRONT_9, field: text}
    refused = await (await new_customer(api)).do("startDesign", "StartDesignInput", shown, **input)
    assert (refused["path"], refused["character"], refused["codePoint"]) == (["input", field], character, code_point)
    other = await (await new_customer(api)).do("startDesign", "StartDesignInput", shown, modelSku=FRONT_9, title="")
    assert (other["character"], other["codePoint"]) == (None, None)


async def test_machines_design_nothing(api: Api, foshan: Api) -> None:
    assert (await start(foshan, modelSku=FRONT_9))["errorCode"] == "NOT_FOUND"


async def test_a_quote_is_good_for_the_days_of_the_setting(api: Api, deps: Deps) -> None:
    assert Settings().quote_days == 14
    before = deps.now()
    found = await new_quote(await new_customer(api))
    good = timedelta(days=deps.settings.quote_days)
    assert before + good <= datetime.fromisoformat(found["validUntil"]) <= deps.now() + good
