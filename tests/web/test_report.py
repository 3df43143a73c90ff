"""Performance reports over GraphQL and HTTP: issued once, never changed, compared with siblings, shown to few."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import rfc8785

from app.actions.background.sweep import sweep
from app.actions.performance import find_report, issue_reports
from app.auth.link import ReportLink, sign_link
from app.deps import Deps
from app.domain.order.order import Product
from app.domain.shared.text import all_languages
from app.domain.unit.code import parse_code
from app.ops.doctor.examination import examine
from tests.client import Api, Json, new_customer, new_unit
from tests.conftest import Token
from tests.resolvers.test_product import NOBODYS, inspect
from tests.world import with_catalogue

REPORT = """query($code: ProductCode!, $revision: Int) { product(code: $code) {
    performanceReport(revision: $revision) { revision contentHash summary summary_fr: summary(locale: "fr") pageUrl
        jsonUrl issuedAt typeTests { code name value unit method }
        values { percentile siblings typeTestValue nominal measuredAt measurement { characteristic value passed name } }
    } performanceReports { revision contentHash } } }"""
NOISE = "SPIN_NOISE"
OTHER = all_languages("Other", "其他", "Autre", "Anders")


async def report_of(api: Api, code: str, revision: int | None = None) -> Json:
    product: Json = (await api.ask(REPORT, code=code, revision=revision))["product"]
    return product


async def released_unit(customer: Api, foshan: Api, **values: float) -> str:
    code = await new_unit(customer)
    await inspect(foshan, code, **values)
    return code


async def stored(deps: Deps, code: str) -> list[Json]:
    reports = deps.stores.database.collection("performance_reports")
    return await reports.find({"product": parse_code(code)}, {"_id": 0}).sort("revision", 1).to_list(None)


async def unit(deps: Deps, code: str) -> Product:
    found = await deps.stores.products.find(parse_code(code))
    assert found is not None
    return found


async def get(api: Api, url: str, **headers: str) -> Any:
    """Fetch an address that the API gave, at the port where the tests' server is."""
    parts = urlsplit(url)
    address = f"{api.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    return await api.http.get(address, headers=headers)


async def test_a_release_issues_one_report_with_measured_and_type_test_values(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    assert (await report_of(customer, code)) == {"performanceReport": None, "performanceReports": []}
    await inspect(foshan, code)
    assert len(await stored(deps, code)) == 1
    product = await report_of(customer, code)
    found = product["performanceReport"]
    assert product["performanceReports"] == [{"revision": 1, "contentHash": found["contentHash"]}]
    noise = next(value for value in found["values"] if value["measurement"]["characteristic"] == NOISE)
    assert noise["typeTestValue"] == 70.4
    assert [test["code"] for test in found["typeTests"]] == ["ENERGY_100_CYCLES", "WATER_PER_CYCLE"]
    assert found["summary_fr"].startswith(f"{len(found['values'])} des")


def with_other_catalogue(deps: Deps) -> Deps:
    """The same world after the catalogue's limits, names and type tests have all changed."""
    factories = []
    for factory in deps.catalogue.factories:
        models = tuple(
            replace(
                model,
                name=OTHER,
                type_tests=(),
                inspection_plan=tuple(
                    replace(checked, name=OTHER, type_test=1.0 if checked.unit else None, upper_limit=None)
                    for checked in model.inspection_plan
                ),
            )
            for model in factory.models
        )
        factories.append(replace(factory, models=models))
    return with_catalogue(deps, replace(deps.catalogue, factories=tuple(factories)))


async def test_a_report_never_changes_whatever_becomes_of_the_catalogue_and_the_siblings(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = await released_unit(customer, foshan)
    before = await stored(deps, code)
    await inspect(foshan, await new_unit(customer), SPIN_NOISE=66.0)
    later = with_other_catalogue(deps)
    assert await issue_reports(later, await unit(later, code)) == await issue_reports(deps, await unit(deps, code))
    await sweep(deps)
    assert await stored(deps, code) == before


async def test_two_processes_that_issue_at_once_keep_one_report(api: Api, foshan: Api, deps: Deps) -> None:
    code = await released_unit(await new_customer(api), foshan)
    first = await find_report(deps, await unit(deps, code))
    assert first is not None
    assert await deps.stores.performance_reports.keep(replace(first, summary=OTHER)) == first
    assert len(await stored(deps, code)) == 1


async def test_a_report_that_a_crash_left_out_is_issued_by_the_sweep(api: Api, foshan: Api, deps: Deps) -> None:
    code = await released_unit(await new_customer(api), foshan)
    before = await stored(deps, code)
    reports = deps.stores.database.collection("performance_reports")
    place, outbox = {"product": parse_code(code)}, deps.stores.outbox.collection
    await reports.delete_many(place)
    await outbox.delete_many(place)
    await sweep(deps)
    assert await stored(deps, code) == before
    assert await outbox.find_one(place) is not None


async def test_the_doctor_finds_a_report_that_was_altered(api: Api, foshan: Api, deps: Deps) -> None:
    code = await released_unit(await new_customer(api), foshan)
    reports = deps.stores.database.collection("performance_reports")
    place = {"product": parse_code(code)}
    await reports.update_one(place, {"$set": {"values.4.measurement.value": 60.5}})
    found = [finding async for outcome in examine(deps) for finding in outcome.findings]
    await reports.delete_one(place)  # the next to look issues it anew
    assert [finding.problem for finding in found if finding.subject.startswith(parse_code(code))] == [
        "its performance report 1 was altered"
    ]


async def test_a_re_test_makes_revision_2_and_keeps_1(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await released_unit(customer, foshan, SPIN_NOISE=70.0)
    first = (await report_of(customer, code))["performanceReport"]
    await inspect(foshan, code, SPIN_NOISE=68.5)
    product = await report_of(customer, code)
    assert [each["revision"] for each in product["performanceReports"]] == [1, 2]
    assert product["performanceReport"]["revision"] == 2
    again = (await report_of(customer, code, revision=1))["performanceReport"]
    assert (again["contentHash"], again["values"]) == (first["contentHash"], first["values"])
    assert again["contentHash"] != product["performanceReport"]["contentHash"]
    for revision in (0, 3, -1, 2_000_000_000):
        assert (await report_of(customer, code, revision=revision))["performanceReport"] is None


async def test_a_percentile_is_among_the_units_released_before(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    first = await find_report(deps, await unit(deps, await released_unit(customer, foshan)))
    assert first is not None
    sku, noise = "WM-PERCENTILE", 4
    values = [60.0 + n / 100 for n in range(1_010)]
    for n, value in enumerate(values):
        entry = replace(first.values[noise], measurement=replace(first.values[noise].measurement, value=value))
        at = first.issued_at + timedelta(seconds=n)
        sibling = replace(first, product=f"SIBLING{n:06d}", model=sku, issued_at=at, values=(entry,))
        await deps.stores.performance_reports.keep(sibling)
    ranks = deps.stores.performance_reports.ranks
    later = first.issued_at + timedelta(days=1)
    found = await ranks(sku, "SIBLING000005", later, {NOISE: 60.5, "NO$SUCH.CODE": 1.0})
    assert (found[NOISE].below, found[NOISE].equal, found[NOISE].siblings) == (40, 1, 1000)  # the last 1,000 of 1,010
    assert found[NOISE].percentile == 4.0  # 40.5 of 1,000, half to even
    assert found["NO$SUCH.CODE"].siblings == 0
    early = await ranks(sku, "x", first.issued_at + timedelta(seconds=19), {NOISE: 60.5})
    assert (early[NOISE].siblings, early[NOISE].percentile) == (19, None)
    assert await ranks(sku, "x", first.issued_at, {NOISE: 60.5}) == {}


async def test_the_json_is_what_its_hash_is_over(api: Api, foshan: Api) -> None:
    customer = await new_customer(api)
    code = await released_unit(customer, foshan)
    found = (await report_of(customer, code))["performanceReport"]
    for answer in (
        await get(api, found["jsonUrl"]),
        await get(api, f"/products/{code}/report.json", **customer.headers),
        await get(api, f"/products/{parse_code(code).lower()}/report.json?revision=1", **customer.headers),
    ):
        assert answer.status_code == 200
        body = answer.json()
        claimed = body.pop("contentHash")
        assert claimed == found["contentHash"] == hashlib.sha256(rfc8785.dumps(body)).hexdigest()
        assert body["product"] == code


async def test_the_page_is_in_the_reader_s_language_and_may_not_run_anything(
    api: Api, foshan: Api, machine: Token
) -> None:
    customer, staff = await new_customer(api, locale="de-CH"), await machine("staff")
    code = await released_unit(customer, foshan)
    path = f"/products/{code}/report"
    cases = [
        ((await report_of(customer, code))["performanceReport"]["pageUrl"], {}, "de"),
        ((await report_of(staff, code))["performanceReport"]["pageUrl"], {}, "en"),
        (path, {**customer.headers, "Accept-Language": "fr"}, "de"),
        (path, {**staff.headers, "Accept-Language": "fr, en;q=0.5"}, "fr"),
        (f"{path}?locale=zh", customer.headers, "zh"),
    ]
    for url, headers, language in cases:
        answer = await get(api, url, **headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "private, no-store"
        assert f'<html lang="{language}">' in answer.text
        assert code in answer.text


async def test_absent_forbidden_and_expired_are_one_answer(api: Api, foshan: Api, deps: Deps, machine: Token) -> None:
    customer, other = await new_customer(api), await new_customer(api)
    code, unreleased = await released_unit(customer, foshan), await new_unit(customer)
    mine = await released_unit(other, foshan)
    key = parse_code(code)

    def link(product: str = key, revision: int = 1, seconds: int = 0, **settings: Any) -> str:
        changed = deps.settings.model_copy(update=settings)
        return sign_link(deps.keys, changed, ReportLink(product, revision), deps.wall() - timedelta(seconds=seconds))

    forged = jwt.encode(
        jwt.decode(link(), options={"verify_signature": False}), "x" * 32, "HS256", {"typ": "report+jwt"}
    )
    urls = [
        (f"/products/{code}/report", {}),
        (f"/products/{code}/report", other.headers),
        (f"/products/{code}/report", {"Authorization": "Bearer nonsense"}),
        (f"/products/{code}/report", {"Authorization": f"Bearer {link()}"}),
        (f"/products/{code}/report", (await machine("factory", factory="QINGDAO")).headers),
        (f"/products/{unreleased}/report", customer.headers),
        (f"/products/{NOBODYS}/report", customer.headers),
        ("/products/x/report", customer.headers),
        *(
            (f"/products/{code}/report?revision={n}", customer.headers)
            for n in ("0", "2", "-1", "x", "", "9" * 30, "²")
        ),
        (f"/products/{code}/report?token={link(seconds=301)}", {}),
        (f"/products/{code}/report?token={link(revision=2)}", {}),
        (f"/products/{code}/report?token={link(parse_code(mine))}", {}),
        (f"/products/{code}/report?token={link()}&revision=2", {}),
        (f"/products/{code}/report?token={link(audience='else')}", {}),
        (f"/products/{code}/report?token={forged}", {}),
        (f"/products/{code}/report?token={customer.token}", {}),
        (f"/products/{code}/report?token=", {}),
        (f"/products/{code}/report?token={'x' * 5000}", {}),
    ]
    answers = set()
    for url, headers in urls:
        for each in (url, url.replace("/report", "/report.json")):
            answer = await get(api, each, **headers)
            kept = {name: value for name, value in answer.headers.items() if name != "date"}
            answers.add((answer.status_code, answer.content, tuple(kept.items())))
    assert len(answers) == 1
    assert next(iter(answers))[0] == 404
    assert (await get(api, f"/products/{code}/report?token={link()}")).status_code == 200


async def test_a_link_opens_nothing_but_its_report(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await released_unit(customer, foshan)
    token = sign_link(deps.keys, deps.settings, ReportLink(parse_code(code), 1), deps.wall())
    answer = await api.signed_in(token).post("{ viewer { id } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
