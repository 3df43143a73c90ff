"""signUp, signIn, refreshSession and viewer, over HTTP."""

import asyncio
import secrets
from datetime import timedelta

import jwt
import pytest

from app.auth.keys import Keys, load_keys
from app.auth.token import issue_token
from app.deps import Deps
from app.domain.shared.viewer import AccountKind
from app.store.account import Account
from tests.client import Api, Json, new_customer

SESSION = "... on Session { accessToken refreshToken expiresAt account { id kind name email locale } }"
PASSWORD = "correct horse battery"


async def sign_up(api: Api, email: str, **more: str) -> Json:
    given = {"email": email, "password": PASSWORD, "name": "Li Na", **more}
    return await api.do("signUp", "SignUpInput", SESSION, **given)


async def sign_in(api: Api, email: str, password: str) -> Json:
    return await api.do("signIn", "SignInInput", SESSION, email=email, password=password)


async def refresh(api: Api, token: str) -> Json:
    return await api.do("refreshSession", "RefreshSessionInput", SESSION, refreshToken=token)


def address() -> str:
    return f"{secrets.token_hex(6)}@example.com"


async def test_a_customer_signs_up_and_in_and_is_the_viewer(api: Api) -> None:
    email = address()
    session = await sign_up(api, email.upper(), locale="zh_cn")
    assert session["account"] == {**session["account"], "kind": "CUSTOMER", "email": email, "locale": "zh-CN"}
    again = await sign_in(api, f" {email} ", PASSWORD)
    viewer = (await api.signed_in(again["accessToken"]).ask("{ viewer { id name } }"))["viewer"]
    assert viewer == {"id": session["account"]["id"], "name": "Li Na"}


async def test_nobody_is_the_viewer_without_a_token(api: Api) -> None:
    assert (await api.ask("{ viewer { id } }"))["viewer"] is None


async def test_an_address_has_one_account_whatever_its_case(api: Api) -> None:
    email = address()
    await sign_up(api, email)
    second = await sign_up(api, email.upper())
    assert (second["__typename"], second["errorCode"], second["path"]) == (
        "NotPossible",
        "CONFLICT",
        ["input", "email"],
    )


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": f"{'a' * 260}@example.com"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"name": " "}, "name"),
        ({"name": "n" * 121}, "name"),
    ],
)
async def test_a_sign_up_outside_its_limits_names_the_field_and_makes_no_account(
    api: Api, deps: Deps, wrong: dict[str, str], path: str
) -> None:
    before = await deps.stores.accounts.collection.count_documents({})
    refused = await sign_up(api, **{"email": address(), **wrong})
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", path])
    assert await deps.stores.accounts.collection.count_documents({}) == before


async def test_a_wrong_password_and_an_unknown_address_are_one_answer(api: Api) -> None:
    email = address()
    await sign_up(api, email)
    wrong, unknown = await sign_in(api, email, "wrong horse battery"), await sign_in(api, address(), PASSWORD)
    assert wrong == unknown
    assert wrong["errorCode"] == "NOT_ALLOWED"


async def test_a_password_is_never_kept_as_it_is(api: Api, deps: Deps) -> None:
    email = address()
    await sign_up(api, email)
    kept = await deps.stores.accounts.find_by_email(email)
    assert kept is not None
    assert kept.password_hash is not None
    assert kept.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_a_refresh_token_is_rotated_and_a_lost_reply_gets_the_same_successor(api: Api) -> None:
    first = (await sign_up(api, address()))["refreshToken"]
    second = (await refresh(api, first))["refreshToken"]
    assert second != first
    assert (await refresh(api, first))["refreshToken"] == second
    assert (await refresh(api, second))["__typename"] == "Session"


async def test_twenty_parallel_refreshes_get_one_successor(api: Api) -> None:
    first = (await sign_up(api, address()))["refreshToken"]
    answers = await asyncio.gather(*(refresh(api, first) for _ in range(20)))
    assert len({answer["refreshToken"] for answer in answers}) == 1


async def test_a_token_used_two_rotations_later_ends_its_whole_family(api: Api) -> None:
    first = (await sign_up(api, address()))["refreshToken"]
    second = (await refresh(api, first))["refreshToken"]
    third = (await refresh(api, second))["refreshToken"]
    assert (await refresh(api, first))["errorCode"] == "NOT_ALLOWED"
    assert (await refresh(api, third))["errorCode"] == "NOT_ALLOWED"


@pytest.mark.parametrize("token", ["", "x", "a.b", "." * 500, "é.ü"])
async def test_a_made_up_refresh_token_is_refused(api: Api, token: str) -> None:
    assert (await refresh(api, token))["errorCode"] == "NOT_ALLOWED"


def forged(deps: Deps, case: str) -> str:
    """Forge a token by breaking one rule of RFC 8725 or RFC 9068."""
    wall, settings = deps.wall(), deps.settings
    account = Account("somebody", AccountKind.STAFF, "Mallory", wall)
    good, _ = issue_token(deps.keys, settings, account, 600, wall)
    claims = jwt.decode(good, options={"verify_signature": False})
    header = {"typ": "at+jwt"}
    key = deps.keys.signing
    if case == "expired":
        return issue_token(deps.keys, settings, account, 600, wall - timedelta(seconds=611))[0]
    if case == "other key":
        return issue_token(other_keys(deps), settings, account, 600, wall)[0]
    if case == "no signature":
        return jwt.encode(claims, "", "none", headers=header)
    if case == "symmetric, with the public key":
        secret = key.public_key().public_bytes_raw()
        return jwt.encode(claims, secret, "HS256", headers=header)
    if case == "other type":
        return jwt.encode(claims, key, "EdDSA", headers={"typ": "JWT"})
    if case.startswith("without "):
        return jwt.encode({k: v for k, v in claims.items() if k != case.split()[1]}, key, "EdDSA", headers=header)
    changed = {"other audience": {"aud": "x"}, "other issuer": {"iss": "x"}, "unknown kind": {"kind": "ROOT"}}
    return jwt.encode(claims | changed[case], key, "EdDSA", headers=header)


def other_keys(deps: Deps) -> Keys:
    return load_keys(deps.settings.data_dir / "other")


FORGERIES = [
    "expired",
    "other key",
    "no signature",
    "symmetric, with the public key",
    "other type",
    "without exp",
    "without iat",
    "without sub",
    "without aud",
    "without iss",
    "without kind",
    "other audience",
    "other issuer",
    "unknown kind",
]


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("case", FORGERIES)
async def test_a_forged_token_is_unauthenticated_over_http(api: Api, deps: Deps, case: str) -> None:
    answer = await api.signed_in(forged(deps, case)).post("{ viewer { id } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.get("data") is None


@pytest.mark.parametrize("header", ["Basic eDp5", "Bearer", "Bearer a.b.c", "Bearer " + "x" * 5000, "x"])
async def test_a_malformed_authorization_is_unauthenticated(api: Api, header: str) -> None:
    answer = await api.http.post(
        f"{api.url}/graphql", json={"query": "{ viewer { id } }"}, headers={"Authorization": header}
    )
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_one_customer_does_not_see_the_address_of_another(api: Api) -> None:
    mine, other = await new_customer(api), await new_customer(api)
    id = (await mine.ask("{ viewer { id } }"))["viewer"]["id"]
    assert (await mine.ask("query($id: ID!) { node(id: $id) { id } }", id=id))["node"] == {"id": id}
    assert (await other.ask("query($id: ID!) { node(id: $id) { id } }", id=id))["node"] is None
