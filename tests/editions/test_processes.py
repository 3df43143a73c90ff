"""Two processes, of which one has taken up a load and the other looks for one once an hour, serve what either sold."""

from pathlib import Path
from typing import Any

from app.actions.seed import load_catalogue
from app.domain.shared.viewer import AccountKind
from app.ops.bootstrap import build_deps
from app.ops.issue_token import machine_token
from app.settings import Settings
from app.store.stores import Stores
from seeds.files import read_catalogue
from tests.client import FRONT_9, Api, factory_now, new_customer, new_design, record, report
from tests.conftest import serving
from tests.editions.plant import change, chosen, design_of, ordered, preview, request_quote, unit_of
from tests.world import Files, fresh_database, model_in, renamed_option, with_surcharge, write_catalogue

NEW = "WM-NEW-1"


def with_new_model(files: Files) -> None:
    """Offer a copy of a model under another name."""
    copy: dict[str, Any] = {**model_in(files, FRONT_9), "sku": NEW, "gtin": "09524000009999"}
    files["foshan"]["models"].append(copy)


async def test_what_one_has_sold_by_a_new_edition_the_other_serves_before_it_has_looked(
    settings: Settings, tmp_path: Path
) -> None:
    async with fresh_database(settings) as database:
        slow_settings = settings.model_copy(update={"database": database.name})
        quick_settings = slow_settings.model_copy(update={"catalogue_seconds": 0.1})
        async with serving(quick_settings) as quick_url:
            deps = await build_deps(quick_settings, Stores(database))
            quick = Api(quick_url)
            customer = await new_customer(quick)
            old = await ordered(customer, await new_design(customer, COLOUR="JADE"))
            async with serving(slow_settings) as slow_url:
                edits = (renamed_option(FRONT_9, "COLOUR", "JADE", "EMERALD"), with_new_model)
                dearer = with_surcharge(FRONT_9, "COLOUR", "TITANIUM", CNY="999", EUR="99", USD="99", GBP="99")
                catalogue = read_catalogue(write_catalogue(tmp_path / "new", *edits, dearer))
                await load_catalogue(deps.stores, catalogue, confirmed=True)
                while (await quick.ask("query($s: String!) { model(sku: $s) { sku } }", s=NEW))["model"] is None:
                    pass
                design = await new_design(customer, COLOUR="EMERALD")
                quote = await request_quote(customer, design)
                new, copied = await ordered(customer, design), await ordered(customer, await new_design(customer, NEW))

                elsewhere = Api(slow_url, customer.token, customer.http)
                assert await unit_of(elsewhere, new) == await unit_of(customer, new)
                assert chosen((await unit_of(elsewhere, new))["design"]) == ["EMERALD"]
                assert await unit_of(elsewhere, copied) == await unit_of(customer, copied)
                assert await unit_of(elsewhere, old) == await unit_of(customer, old)
                edition = "query($id: ID!) { node(id: $id) { ... on Model { sku edition { number } } } }"
                for code, number in ((old, 1), (new, 2)):
                    id = (await unit_of(customer, code))["model"]["id"]
                    found = (await elsewhere.ask(edition, id=id))["node"]
                    assert found == {"sku": FRONT_9, "edition": {"number": number}}
                assert (await design_of(elsewhere, design))["consistent"]
                assert quote["edition"]["number"] == 2
                assert (await preview(elsewhere, new, COLOUR="TITANIUM"))["priceDelta"]["amount"] == "649.00"
                assert (await preview(elsewhere, old, COLOUR="TITANIUM"))["priceDelta"]["amount"] == "-150.00"
                machine = elsewhere.signed_in(await machine_token(deps, AccountKind.FACTORY, factory="FOSHAN"))
                at = await factory_now(elsewhere)
                for answer in await record(machine, *(report(code, "PACKED", at) for code in (old, new, copied))):
                    assert answer["__typename"] == "Step"
                assert (await change(elsewhere, old, "0.00", COLOUR="EMERALD"))["errorCode"] == "INVALID_INPUT"
            await quick.http.aclose()


async def test_a_design_of_a_model_that_one_does_not_know_yet_opens_there(settings: Settings, tmp_path: Path) -> None:
    async with fresh_database(settings) as database:
        slow_settings = settings.model_copy(update={"database": database.name})
        quick_settings = slow_settings.model_copy(update={"catalogue_seconds": 0.1})
        async with serving(quick_settings) as quick_url, serving(slow_settings) as slow_url:
            deps = await build_deps(quick_settings, Stores(database))
            quick = Api(quick_url)
            customer = await new_customer(quick)
            await load_catalogue(deps.stores, read_catalogue(write_catalogue(tmp_path / "new", with_new_model)))
            while (await quick.ask("query($s: String!) { model(sku: $s) { sku } }", s=NEW))["model"] is None:
                pass
            design = await new_design(customer, NEW)
            elsewhere = Api(slow_url, customer.token, customer.http)
            assert (await design_of(elsewhere, design))["model"] == {"sku": NEW, "withdrawn": False}
            listed = "{ designs(first: 10) { nodes { model { sku } } } }"
            assert (await elsewhere.ask(listed))["designs"]["nodes"] == [{"model": {"sku": NEW}}]
            await quick.http.aclose()
