"""python -m app seed: what it shows, what it refuses, and that a running server takes it up."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.client import FRONT_9, Api, new_customer, new_design
from tests.process import ServerProcess, free_port
from tests.waiting import WAIT_SECONDS_MAX
from tests.world import with_surcharge, without_option, write_catalogue

OPTIONS = "query($sku: String!) { model(sku: $sku) { optionGroups { code options { code } } } }"


@pytest.fixture
async def server(data_dir: Path) -> AsyncIterator[ServerProcess]:
    process = ServerProcess(data_dir, free_port(), {})
    await process.start()
    yield process
    await process.stop()


async def colours(api: Api) -> list[str]:
    groups = (await api.ask(OPTIONS, sku=FRONT_9))["model"]["optionGroups"]
    return [option["code"] for group in groups if group["code"] == "COLOUR" for option in group["options"]]


async def test_a_load_is_shown_confirmed_where_something_in_use_goes_and_taken_up(
    server: ServerProcess, tmp_path: Path
) -> None:
    api = Api(server.url)
    customer = await new_customer(api)
    await new_design(customer, COLOUR="JADE")
    folder = write_catalogue(
        tmp_path / "new",
        without_option(FRONT_9, "COLOUR", "JADE"),
        with_surcharge(FRONT_9, "COLOUR", "TITANIUM", CNY="999.00", EUR="140.00", USD="150.00", GBP="120.00"),
    )
    code, out = await server.run("seed", "--folder", str(folder))
    assert code == 1
    in_model = f"factory FOSHAN, model {FRONT_9}"
    assert f"withdrawn {in_model}, group COLOUR, option JADE: in use by 1 designs" in out
    assert f"price     {in_model}, group COLOUR, option TITANIUM: CNY 200.00 → 999.00" in out
    assert f"{FRONT_9} would become edition 2" in out
    assert (await server.command("seed")).startswith("0 parts of the catalogue differ.")

    out = await server.command("seed", "--folder", str(folder), "--yes")
    assert f"{FRONT_9} is now edition 2" in out
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while "JADE" in await colours(api):
            pass
    assert (await server.command("seed", "--folder", str(folder))).startswith("0 parts of the catalogue differ.")
    await api.http.aclose()


async def test_what_nobody_has_is_withdrawn_without_being_asked_about(server: ServerProcess, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "new", without_option(FRONT_9, "COLOUR", "JADE"))
    out = await server.command("seed", "--folder", str(folder))
    assert "option JADE" in out and "in use" not in out


async def test_a_wrong_file_loads_nothing(server: ServerProcess, tmp_path: Path) -> None:
    folder = write_catalogue(tmp_path / "new", lambda files: files["foshan"].pop("timezone"))
    code, _ = await server.run("seed", "--folder", str(folder), "--yes")
    assert code == 1
    assert (await server.command("seed")).startswith("0 parts of the catalogue differ.")
