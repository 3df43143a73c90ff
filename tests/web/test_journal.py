"""A unit's journal checked by ourselves, by the independent checker, and after somebody altered it in the database."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.actions.anchor import anchored, note_heads, verify_anchors
from app.actions.background.sweep import sweep
from app.actions.verify import verify
from app.auth.keys import Keys
from app.auth.seal import sign_head
from app.deps import Deps
from app.domain.shared.anchor import note
from app.domain.shared.chain import Head, content, hash_of
from app.domain.unit.code import parse_code
from app.ops.doctor.anchor import examine_anchors
from app.store.database import Database, Document
from app.store.snapshot import KeyRange, snapshot
from app.store.stores import Stores
from docs.verify import faults, read_keys
from tests.client import (
    FRONT_9,
    MODEL,
    Api,
    Json,
    factory_now,
    new_customer,
    new_quote,
    new_unit,
    place,
    readings,
    record,
    report,
)
from tests.conftest import Token
from tests.process import ROOT, run_python

KEY_SET = '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
SIGNED = "query($code: ProductCode!) { product(code: $code) { signedHead { sequence hash signature } } }"
CHAIN = """query($code: ProductCode!) { product(code: $code) { signedHead { sequence hash signature }
    steps(first: 100) { nodes { sequence hash previousHash product { signedHead { sequence hash } } } } } }"""


async def told(customer: Api, machine: Api) -> str:
    """Order a unit, report two operations and an inspection of it, and return its code."""
    code, at = await new_unit(customer), await factory_now(customer)
    model = (await customer.ask(MODEL, sku=FRONT_9))["model"]
    operation = model["routing"][0]["code"]
    await record(
        machine,
        report(code, "OPERATION_STARTED", at, operation=operation, note='Ä\u20ac\U0001f600 "\\\n'),
        report(code, "OPERATION_COMPLETED", at, operation=operation, location="Foshan"),
        report(code, "INSPECTION_PASSED", at, measurements=readings(model)),
    )
    return code


async def export(api: Api, code: str) -> Json:
    answer = await api.http.get(f"{api.url}/products/{code}/journal.json", headers=api.headers)
    assert answer.status_code == 200, answer.text
    journal: Json = answer.json()
    return journal


async def key_set(api: Api) -> Json:
    keys: Json = (await api.http.get(f"{api.url}/.well-known/jwks.json")).json()
    return keys


async def faults_of(deps: Deps, code: str) -> list[str]:
    unit = await deps.stores.products.find(parse_code(code))
    assert unit is not None
    return await verify(deps, unit)


async def test_a_journal_is_chained_and_both_checkers_find_nothing(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await told(customer, foshan)
    product = (await customer.ask(CHAIN, code=code))["product"]
    steps = product["steps"]["nodes"]
    assert len(steps) >= 6
    assert [step["previousHash"] for step in steps] == [None, *(step["hash"] for step in steps[:-1])]
    assert all(
        step["product"]["signedHead"] == {"sequence": n, "hash": step["hash"]} for n, step in enumerate(steps, 1)
    )
    assert product["signedHead"]["hash"] == steps[-1]["hash"]
    journal = await export(customer, code)
    assert [step["hash"] for step in journal["steps"]] == [step["hash"] for step in steps]
    assert list(faults(journal, read_keys(await key_set(api)), [product["signedHead"]["signature"]])) == []
    assert await faults_of(deps, code) == []


async def test_the_checker_is_one_file_that_needs_nothing_of_ours(api: Api, foshan: Api, tmp_path: Path) -> None:
    customer = await new_customer(api)
    code = await told(customer, foshan)
    head = (await customer.ask(SIGNED, code=code))["product"]["signedHead"]["signature"]
    journal = await export(customer, code)
    checker = tmp_path / "verify.py"
    checker.write_text((ROOT / "docs" / "verify.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "keys.json").write_text(json.dumps(await key_set(api)))
    (tmp_path / "journal.json").write_text(json.dumps(journal))
    arguments = ("-I", str(checker), "journal.json", "--keys", "keys.json", "--head", head)
    assert await run_python(*arguments, cwd=tmp_path) == (0, f"6 steps of {journal['code']}, each as it was written")
    journal["steps"].pop()
    (tmp_path / "journal.json").write_text(json.dumps(journal))
    assert await run_python(*arguments, cwd=tmp_path) == (
        1,
        "the end is missing: a kept head names step 6, there are 5",
    )


@pytest.mark.parametrize(
    ("journal", "keys", "said"),
    [
        (None, '{"keys": []}', "journal.json can't be read: No such file or directory"),
        ("{}", None, "keys.json can't be read: No such file or directory"),
        ("{", "{}", "journal.json is no JSON: "),
        ('{"a": 1, "a": 2}', "{}", "journal.json is no JSON: a name stands twice in one object"),
        ("[" * 100_000, "{}", "journal.json is no JSON: "),
        ("\udcff", "{}", "journal.json is no JSON: "),
        ("{}", "[]", "keys.json is no key set of ours"),
        (
            "{}",
            '{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "1", "x": "AA"}]}',
            "keys.json is no key set of ours",
        ),
        ("{}", '{"keys": []}', "keys.json holds no Ed25519 key"),
        ("[]", KEY_SET, "this is no exported journal"),
        ('{"steps": "x", "product": 1}', KEY_SET, "this is no exported journal"),
    ],
)
async def test_a_missing_or_broken_file_is_named_in_one_line(
    tmp_path: Path, journal: str | None, keys: str | None, said: str
) -> None:
    for name, text in (("journal.json", journal), ("keys.json", keys)):
        if text is not None:
            (tmp_path / name).write_bytes(text.encode(errors="surrogateescape"))
    checker = str(ROOT / "docs" / "verify.py")
    code, out = await run_python("-I", checker, "journal.json", "--keys", "keys.json", cwd=tmp_path)
    assert code == 1
    assert out.startswith(said)
    assert len(out.splitlines()) == 1


async def test_only_who_may_see_the_order_gets_the_journal(api: Api, foshan: Api, machine: Token) -> None:
    customer = await new_customer(api)
    code = await new_unit(customer)
    assert (await export(await machine("staff"), code))["product"] == parse_code(code)
    answers = {}
    for name, (caller, wanted) in {
        "stranger": (await new_customer(api), code),
        "factory": (foshan, code),
        "absent": (customer, "7K3M-9QXT-2CHV-E"),
        "no code": (customer, "x"),
    }.items():
        answer = await api.http.get(f"{api.url}/products/{wanted}/journal.json", headers=caller.headers)
        answers[name] = (answer.status_code, answer.text)
    assert set(answers.values()) == {answers["absent"]}
    assert answers["absent"][0] == 404
    nobody = await api.http.get(f"{api.url}/products/{code}/journal.json")
    assert (nobody.status_code, nobody.json()["errors"][0]["extensions"]["code"]) == (401, "UNAUTHENTICATED")


async def stored(deps: Deps, code: str) -> list[Document]:
    return await deps.stores.steps.documents(parse_code(code))


async def put(deps: Deps, *documents: Document) -> None:
    steps = deps.stores.database.collection("steps")
    for document in documents:
        await steps.replace_one({"_id": document["_id"]}, document)


def forged(key: Ed25519PrivateKey, deps: Deps, document: Document) -> Document:
    """Hash an altered step anew and sign it with another key, under the name of ours."""
    step = deps.stores.steps.load(document).step
    keys = Keys(key, b"")
    keys.__dict__["id"] = deps.keys.id
    hash = hash_of(step)
    state = {**document["state"], "hash": hash}
    return {
        **document,
        "state": state,
        "hash": hash,
        "signature": sign_head(keys, Head(step.product, step.sequence, hash)),
    }


async def test_an_altered_step_is_found_even_if_all_hashes_are_made_anew(api: Api, foshan: Api, deps: Deps) -> None:
    customer = await new_customer(api)
    code = await told(customer, foshan)
    documents = await stored(deps, code)
    *others, last = documents
    await sweep(deps)  # it notes the head, as that of the forged is not
    await put(deps, {**last, "location": "elsewhere"})
    assert await faults_of(deps, code) == ["step 6 was altered: its hash does not fit its content"]
    assert list(faults(await export(customer, code), read_keys(await key_set(api)))) == [
        "step 6: its hash does not fit its content"
    ]
    await put(deps, forged(Ed25519PrivateKey.generate(), deps, {**last, "location": "elsewhere"}))
    assert (await faults_of(deps, code))[:2] == [
        "step 6 is not signed by this installation",
        "the list of units names another hash for step 6",
    ]
    assert list(faults(await export(customer, code), read_keys(await key_set(api)))) == [
        "step 6: the signature does not fit"
    ]
    await put(deps, {**last, "state": {**last["state"], "selections": {}}})
    assert await faults_of(deps, code) == ["the state at step 6 does not follow from the one before: selections"]
    await put(deps, last, {**others[2], "more": 1})
    assert (await faults_of(deps, code))[0] == "step 3 was altered: it is not in the form it was written in (more)"
    await put(deps, *documents)
    assert await faults_of(deps, code) == []


async def anchor(deps: Deps, code: str) -> None:
    """Have the head of a unit noted, by whichever process is first."""
    last = (await stored(deps, code))[-1]["sequence"]
    while last not in [head.sequence for head in await anchored(deps, parse_code(code))]:
        await note_heads(deps, [parse_code(code)], {})


async def test_a_missing_end_is_found_by_the_list_of_units_and_by_the_anchors(
    api: Api, foshan: Api, deps: Deps
) -> None:
    code = await told(await new_customer(api), foshan)
    *_, before, last = await stored(deps, code)
    await anchor(deps, code)
    assert await faults_of(deps, code) == []
    database = deps.stores.database
    await database.collection("steps").delete_one({"_id": last["_id"]})
    noted = "the end is missing: step 6 was noted as the head"
    assert await faults_of(deps, code) == ["the end is missing: 6 steps were written, 5 are there", noted]
    await database.collection("products").update_one({"_id": parse_code(code)}, {"$set": {"state": before["state"]}})
    assert await faults_of(deps, code) == [noted]
    assert await verify_anchors(deps) == []


async def test_another_end_than_the_one_that_was_noted_is_found(api: Api, foshan: Api, deps: Deps) -> None:
    code = await told(await new_customer(api), foshan)
    *_, before, last = await stored(deps, code)
    await anchor(deps, code)
    await deps.stores.database.collection("steps").delete_one({"_id": last["_id"]})
    state = {"$set": {"state": before["state"]}}
    await deps.stores.database.collection("products").update_one({"_id": parse_code(code)}, state)
    await record(foshan, report(parse_code(code), "COMPONENT_FITTED", await factory_now(foshan)))
    assert await faults_of(deps, code) == ["step 6 is not the one that was noted as the head"]


async def test_an_altered_removed_or_cut_off_anchor_is_found(deps: Deps, tmp_path: Path) -> None:
    database = Database.connect(deps.settings.mongodb_url, f"{deps.settings.database}_anchors")
    stores = Stores(database)
    apart = replace(deps, stores=stores, settings=deps.settings.model_copy(update={"data_dir": tmp_path}))
    anchors, noted = database.collection("anchors"), dict[str, int]()
    for number in (1, 2, 3):
        await database.collection("steps").insert_one({"product": "A", "sequence": number, "hash": f"h{number}"})
        await note_heads(apart, ["A"], noted)
        await note_heads(apart, ["A"], noted)
    _, second, third = await stores.anchors.documents("anchors")
    assert await verify_anchors(apart) == []
    for altered in ({**second, "heads": []}, {**second, "noted_at": third["noted_at"]}, {**second, "more": 1}):
        await anchors.replace_one({"_id": second["_id"]}, altered)
        assert await verify_anchors(apart) == ["anchor 2 was altered"]
    await anchors.delete_one({"_id": second["_id"]})
    assert await verify_anchors(apart) == ["anchor 3 does not follow from the one before"]
    await anchors.delete_one({"_id": third["_id"]})
    assert await verify_anchors(apart) == ["anchors are missing at the end: 3 were written, 1 are there"]
    for _ in range(3):
        await note_heads(apart, ["A"], {})
    assert await verify_anchors(apart) == ["anchor 3 is not the one that was kept"]
    database.close()


async def test_of_a_head_whose_hash_is_gone_nothing_is_noted_and_the_doctor_goes_past(
    deps: Deps, tmp_path: Path
) -> None:
    database = Database.connect(deps.settings.mongodb_url, f"{deps.settings.database}_unchained")
    apart = replace(deps, stores=Stores(database), settings=deps.settings.model_copy(update={"data_dir": tmp_path}))
    await database.collection("steps").insert_one({"product": "A", "sequence": 1})
    noted = dict[str, int]()
    await note_heads(apart, ["A"], noted)
    assert noted == {"A": 1}
    assert await apart.stores.anchors.last() is None
    empty = note(None, (), deps.wall(), deps.sign)
    await apart.stores.anchors.append(empty)
    async with snapshot(database) as now:
        assert await examine_anchors(apart, now, KeyRange()) == (1, [])
    database.close()


async def test_steps_without_hashes_or_in_a_form_that_nobody_knows_are_found(api: Api, foshan: Api, deps: Deps) -> None:
    code = await told(await new_customer(api), foshan)
    documents = await stored(deps, code)
    for name in ("hash", "signature", "previous_hash", "form", "after"):
        await put(deps, {other: value for other, value in documents[2].items() if other != name})
        assert (await faults_of(deps, code))[0].startswith("step 3 "), name
    await put(deps, {**documents[2], "form": 2})
    assert await faults_of(deps, code) == ["step 3 was altered: it cannot be followed (UnknownForm)"]
    await put(deps, *documents)  # others read all journals, too


async def test_the_words_of_an_engraving_are_bound_to_what_was_ordered_until_they_are_erased(
    api: Api, foshan: Api, deps: Deps
) -> None:
    customer = await new_customer(api)
    code = (await place(customer, await new_quote(customer, engraving="Für Oma")))["products"][0]["code"]
    products, key = deps.stores.products.collection, parse_code(code)
    found = await products.find_one({"_id": key})
    assert found is not None
    journal = await export(customer, code)
    assert "Oma" not in json.dumps(journal, ensure_ascii=False)
    said = f"{found['engraving']['salt']}Für Oma".encode()
    assert journal["steps"][0]["content"]["payload"]["engravingHash"] == hashlib.sha256(said).hexdigest()
    assert await faults_of(deps, code) == []
    await products.update_one({"_id": key}, {"$set": {"engraving.text": "Für Opa"}})
    assert await faults_of(deps, code) == ["its engraving is not the one that was ordered"]
    await products.update_one({"_id": key}, {"$unset": {"engraving": ""}})
    assert await faults_of(deps, code) == []


async def test_what_is_hashed_is_what_is_stored(api: Api, foshan: Api, deps: Deps) -> None:
    code = await told(await new_customer(api), foshan)
    for document in await stored(deps, code):
        step = deps.stores.steps.load(document).step
        assert json.loads(json.dumps(content(step))) == content(step)
        assert hash_of(step) == document["hash"]


@pytest.mark.parametrize(
    "signature",
    ["", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJub25lIn0.e30", "\ud800.\ud800.\ud800", "é.é.é"],
)
async def test_what_is_no_signature_is_never_taken_for_one(api: Api, foshan: Api, deps: Deps, signature: str) -> None:
    customer = await new_customer(api)
    journal = await export(customer, await told(customer, foshan))
    journal["steps"][2]["signature"] = signature
    assert list(faults(journal, read_keys(await key_set(api))))
    assert list(faults(journal, read_keys(await key_set(api)), [signature]))
