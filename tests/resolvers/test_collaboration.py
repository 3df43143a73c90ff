"""Several minds on one design: roles, invitations, comments, proposals, votes, the gallery, and three of them live."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.websockets import WebsocketsTransport

from app.actions.background.sweep import sweep
from app.deps import Deps
from app.domain.design.proposal import OPEN_PROPOSALS_MAX
from app.domain.shared.prose import TEXT_LENGTH_MAX
from schema.node import key_of
from tests.client import (
    FRONT_9,
    MODEL,
    REFUSAL,
    Api,
    Json,
    first_choices,
    new_customer,
    new_design,
    place,
)
from tests.conftest import Token
from tests.lane import rounds
from tests.waiting import WAIT_SECONDS_MAX

CHANGE = """... on DesignChange { sequence kind revision author { name } comment { sequence text group { code } }
    proposal { id votesFor votesAgainst } design { revision } } ... on Conflict { currentRevision }"""
INVITATION = "... on Invitation { id token role email expiresAt revokedAt acceptedBy { id } }"
RESULT = {"inviteToDesign": INVITATION, "revokeInvitation": INVITATION, "forkDesign": "... on Design { id revision }"}
RESULT |= {"startDesign": "... on Design { id }", "requestQuote": "... on Quote { id designRevision }"}
RESULT["restoreRevision"] = "... on Design { id revision } ... on Conflict { currentRevision }"


async def act(api: Api, mutation: str, **input: object) -> Json:
    """Send one of the collaboration's mutations; its input type is named after it."""
    kind = mutation[0].upper() + mutation[1:] + "Input"
    return await api.do(mutation, kind, RESULT.get(mutation, CHANGE), **input)


async def shared(api: Api, role: str = "EDITOR", locale: str | None = None) -> tuple[Api, Api, str]:
    """Make a design with its owner and a second mind who came by link."""
    owner, second = await new_customer(api), await new_customer(api, locale)
    design: str = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role=role)
    assert (await act(second, "acceptInvitation", token=link["token"]))["kind"] == "JOINED"
    return owner, second, design


async def other_colour(api: Api) -> list[Json]:
    groups = (await api.ask(MODEL, sku=FRONT_9))["model"]["optionGroups"]
    colour = next(group for group in groups if group["code"] == "COLOUR")
    return [{"group": "COLOUR", "options": [colour["options"][1]["code"]]}]


async def revise(api: Api, design: str, expected: int, **more: object) -> Json:
    more = {"title": "New"} | more
    return await act_revise(api, designId=design, expectedRevision=expected, **more)


async def act_revise(api: Api, **input: object) -> Json:
    selection = "... on Design { revision title } ... on Conflict { currentRevision }"
    return await api.do("reviseDesign", "ReviseDesignInput", selection, **input)


ALLOWED = {
    "VIEWER": set(),
    "COMMENTER": {"commentOnDesign", "proposeChanges"},
    "EDITOR": {"commentOnDesign", "proposeChanges", "restoreRevision", "reviseDesign"},
}


@pytest.mark.parametrize("role", ALLOWED)
async def test_everybody_may_do_what_their_role_says_and_no_more(api: Api, role: str) -> None:
    owner, second, design = await shared(api, role)
    colour = await other_colour(api)
    answers = {
        "commentOnDesign": await act(second, "commentOnDesign", designId=design, text="Nice"),
        "proposeChanges": await act(second, "proposeChanges", designId=design, selections=colour),
        "reviseDesign": await revise(second, design, 1),
        "openDesign": await act(second, "openDesign", designId=design, opened=True),
        "publishDesign": await act(second, "publishDesign", designId=design, published=True),
        "inviteToDesign": await act(second, "inviteToDesign", designId=design, role="VIEWER"),
    }
    revision = 2 if role == "EDITOR" else 1
    answers["restoreRevision"] = await act(
        second, "restoreRevision", designId=design, revision=1, expectedRevision=revision
    )
    done = {
        name for name, answer in answers.items() if answer["__typename"] in ("DesignChange", "Design", "Invitation")
    }
    assert done == ALLOWED[role]
    assert {a["errorCode"] for name, a in answers.items() if name not in done} == {"NOT_ALLOWED"}
    assert (await owner.ask("query($id: ID!) { design(id: $id) { viewerRole } }", id=design))["design"] == {
        "viewerRole": "OWNER"
    }


async def test_who_does_not_take_part_finds_nothing(api: Api) -> None:
    _, _, design = await shared(api)
    stranger = await new_customer(api)
    query = """query($id: ID!) { design(id: $id) { id } node(id: $id) { id }
        compareRevisions(designId: $id, a: 1, b: 1) { groups { group { code } } } }"""
    assert await stranger.ask(query, id=design) == {"design": None, "node": None, "compareRevisions": None}
    for mutation, more in (
        ("commentOnDesign", {"text": "x"}),
        ("openDesign", {"opened": True}),
        ("forkDesign", {}),
        ("inviteToDesign", {"role": "VIEWER"}),
    ):
        assert (await act(stranger, mutation, designId=design, **more))["errorCode"] == "NOT_FOUND"


async def test_members_see_each_other_and_the_design_in_their_lists(api: Api) -> None:
    owner, second, design = await shared(api)
    query = "{ designs { nodes { id owner { name email } viewerRole members { account { name } role } } } }"
    for caller, role in ((owner, "OWNER"), (second, "EDITOR")):
        (found,) = (await caller.ask(query))["designs"]["nodes"]
        assert (found["id"], found["viewerRole"], len(found["members"])) == (design, role, 2)
        assert (found["owner"]["email"] is None) == (caller is second)


async def test_a_link_is_good_until_it_is_revoked_or_over(api: Api, deps: Deps) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    revoked = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    assert (await act(owner, "revokeInvitation", invitationId=revoked["id"]))["revokedAt"]
    over = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    past = {"$set": {"expires_at": deps.wall() - timedelta(seconds=1)}}
    await deps.stores.invitations.collection.update_one({"_id": key_of("Invitation", over["id"])}, past)
    for token in (revoked["token"], over["token"], "made up", ""):
        refused = await act(await new_customer(api), "acceptInvitation", token=token)
        assert (refused["errorCode"], refused["path"]) == ("NOT_FOUND", ["input", "token"])


async def test_a_link_s_secret_is_kept_hashed_and_its_id_is_no_way_in(api: Api, deps: Deps) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    kept = await deps.stores.invitations.collection.find_one({"_id": key_of("Invitation", link["id"])})
    assert link["token"] not in str(kept)
    refused = await act(await new_customer(api), "acceptInvitation", invitationId=link["id"])
    assert refused["errorCode"] == "NOT_FOUND"


async def test_an_invitation_by_address_is_for_its_account_alone(api: Api) -> None:
    owner, eve = await new_customer(api), await new_customer(api)
    design = (await new_design(owner))["id"]
    email = f"{secrets.token_hex(6)}@example.com"
    invited = await act(owner, "inviteToDesign", designId=design, role="COMMENTER", email=email.upper())
    assert (invited["token"], invited["email"]) == (None, email)
    session = await api.do(
        "signUp", "SignUpInput", "... on Session { accessToken }", email=email, password="p" * 12, name="Ben"
    )
    ben = api.signed_in(session["accessToken"])
    query = "{ invitations { nodes { id role } } }"
    assert (await ben.ask(query))["invitations"]["nodes"] == [{"id": invited["id"], "role": "COMMENTER"}]
    assert (await eve.ask(query))["invitations"]["nodes"] == []
    assert (await act(eve, "acceptInvitation", invitationId=invited["id"]))["errorCode"] == "NOT_FOUND"
    assert (await act(ben, "acceptInvitation", invitationId=invited["id"]))["kind"] == "JOINED"


@pytest.mark.parametrize(
    ("change", "path"),
    [({"days": 0}, "days"), ({"days": 91}, "days"), ({"role": "OWNER"}, "role"), ({"email": "x"}, "email")],
)
async def test_an_invitation_outside_its_limits_is_refused(api: Api, change: dict[str, object], path: str) -> None:
    owner = await new_customer(api)
    given = {"designId": (await new_design(owner))["id"], "role": "VIEWER", **change}
    refused = await act(owner, "inviteToDesign", **given)
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", path])


async def test_a_member_who_is_taken_out_sees_nothing_more_not_even_live(api: Api) -> None:
    owner, second, design = await shared(api)
    subscription = "subscription($id: ID!) { designChanges(designId: $id, after: 0) { sequence kind } }"
    account = (await second.ask("{ viewer { id } }"))["viewer"]["id"]
    async with second.subscribe(subscription, id=design) as changes:
        assert [c["designChanges"]["kind"] for c in await changes.take(2)] == ["STARTED", "JOINED"]
        assert (await act(owner, "removeMember", designId=design, accountId=account))["kind"] == "LEFT"
        message = await changes.message()
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (await second.ask("query($id: ID!) { design(id: $id) { id } }", id=design))["design"] is None


async def test_an_old_link_does_not_bring_back_who_was_taken_out_but_a_new_one_does(api: Api) -> None:
    owner, second = await new_customer(api), await new_customer(api)
    design = (await new_design(owner))["id"]
    old = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    await act(second, "acceptInvitation", token=old["token"])
    account = (await second.ask("{ viewer { id } }"))["viewer"]["id"]
    await act(owner, "removeMember", designId=design, accountId=account)
    assert (await act(second, "acceptInvitation", token=old["token"]))["errorCode"] == "NOT_FOUND"
    fresh = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    assert (await act(second, "acceptInvitation", token=fresh["token"]))["kind"] == "JOINED"


async def account_of(api: Api) -> str:
    id: str = (await api.ask("{ viewer { id } }"))["viewer"]["id"]
    return id


async def roles(api: Api, design: str) -> list[str]:
    """List the roles of a design's members, its owner's first."""
    members = (await api.ask("query($id: ID!) { design(id: $id) { members { role } } }", id=design))["design"][
        "members"
    ]
    return [member["role"] for member in members]


async def test_no_invitation_changes_a_role_that_the_owner_gave_later(api: Api) -> None:
    owner, second, third = [await new_customer(api) for _ in range(3)]
    design = (await new_design(owner))["id"]
    older = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    newer = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    await act(second, "acceptInvitation", token=newer["token"])
    assert (await act(second, "acceptInvitation", token=older["token"]))["errorCode"] == "NOT_FOUND"
    assert await roles(owner, design) == ["OWNER", "VIEWER"]
    await act(third, "acceptInvitation", token=older["token"])
    await act(third, "acceptInvitation", token=newer["token"])
    assert await roles(owner, design) == ["OWNER", "VIEWER", "EDITOR"]
    lowered = await act(owner, "changeRole", designId=design, accountId=await account_of(third), role="COMMENTER")
    assert (lowered["kind"], lowered["author"]) == ("ROLE_CHANGED", {"name": "Li Na"})
    assert (await act(third, "acceptInvitation", token=older["token"]))["errorCode"] == "NOT_FOUND"
    assert await roles(owner, design) == ["OWNER", "VIEWER", "COMMENTER"]
    await act(third, "removeMember", designId=design, accountId=await account_of(third))
    assert (await act(third, "acceptInvitation", token=older["token"]))["errorCode"] == "NOT_FOUND"
    fresh = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    assert (await act(second, "acceptInvitation", token=fresh["token"]))["kind"] == "ROLE_CHANGED"
    assert await roles(owner, design) == ["OWNER", "EDITOR"]


async def test_a_role_is_changed_by_the_owner_alone_for_members_alone(api: Api) -> None:
    owner, second, design = await shared(api)
    own, other = await account_of(owner), await account_of(second)
    change = {"designId": design, "accountId": other, "role": "VIEWER"}
    assert (await act(second, "changeRole", **change))["errorCode"] == "NOT_ALLOWED"
    for wrong, path in (
        ({"accountId": own}, "accountId"),
        ({"accountId": "x"}, "accountId"),
        ({"role": "OWNER"}, "role"),
    ):
        assert (await act(owner, "changeRole", **{**change, **wrong}))["path"] == ["input", path]
    assert await roles(owner, design) == ["OWNER", "EDITOR"]


INVITATIONS = """query($id: ID!, $after: String) { design(id: $id) { invitations(first: 2, after: $after) {
    nodes { id role email token open createdAt expiresAt revokedAt acceptedBy { id } }
    pageInfo { endCursor hasNextPage } } } }"""


async def test_an_owner_lists_the_ways_into_a_design_and_who_came_but_no_secret(api: Api) -> None:
    owner, second = await new_customer(api), await new_customer(api)
    design = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role="COMMENTER")
    ended = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    mailed = await act(owner, "inviteToDesign", designId=design, role="EDITOR", email="ben@example.com")
    await act(owner, "revokeInvitation", invitationId=ended["id"])
    await act(second, "acceptInvitation", token=link["token"])
    page = (await owner.ask(INVITATIONS, id=design))["design"]["invitations"]
    found = page["nodes"]
    page = (await owner.ask(INVITATIONS, id=design, after=page["pageInfo"]["endCursor"]))["design"]["invitations"]
    assert not page["pageInfo"]["hasNextPage"]
    found += page["nodes"]
    assert [entry["id"] for entry in found] == [mailed["id"], ended["id"], link["id"]]
    assert [(e["role"], e["email"], e["open"], bool(e["revokedAt"]), e["acceptedBy"], e["token"]) for e in found] == [
        ("EDITOR", "ben@example.com", True, False, [], None),
        ("VIEWER", None, False, True, [], None),
        ("COMMENTER", None, True, False, [{"id": await account_of(second)}], None),
    ]
    assert (await second.ask(INVITATIONS, id=design))["design"]["invitations"]["nodes"] == []


async def test_an_invitation_that_was_followed_is_no_longer_offered(api: Api) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    email = f"{secrets.token_hex(6)}@example.com"
    await act(owner, "inviteToDesign", designId=design, role="VIEWER", email=email)
    session = await api.do(
        "signUp", "SignUpInput", "... on Session { accessToken }", email=email, password="p" * 12, name="Ben"
    )
    ben = api.signed_in(session["accessToken"])
    (offered,) = (await ben.ask("{ invitations { nodes { id } } }"))["invitations"]["nodes"]
    await act(ben, "acceptInvitation", invitationId=offered["id"])
    assert (await ben.ask("{ invitations { nodes { id } } }"))["invitations"]["nodes"] == []


async def by_address(api: Api) -> tuple[Api, str]:
    """Sign up somebody new; return them and their address."""
    caller = await new_customer(api)
    return caller, (await caller.ask("{ viewer { email } }"))["viewer"]["email"]


OFFERED = "{ invitations { nodes { id inviterName designTitle model { sku } acceptedBy { id } } } }"
PREVIEW = """query($token: String!) { invitation(token: $token) {
    role inviterName designTitle model { sku } open token email acceptedBy { id } } }"""


async def test_who_has_a_link_sees_who_invites_to_what_before_joining_or_signing_up(api: Api, deps: Deps) -> None:
    owner, handler = await new_customer(api), await new_customer(api)
    design = (await new_design(owner))["id"]
    await revise(owner, design, 1, title="Lina's kitchen")
    link = await act(owner, "inviteToDesign", designId=design, role="COMMENTER")
    shown: Json = {"role": "COMMENTER", "inviterName": "Li Na", "designTitle": "Lina's kitchen", "open": True}
    shown |= {"model": {"sku": FRONT_9}, "token": None, "email": None, "acceptedBy": []}
    for caller in (api, handler, owner):
        assert (await caller.ask(PREVIEW, token=link["token"]))["invitation"] == shown
    over = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    past = {"$set": {"expires_at": deps.wall() - timedelta(seconds=1)}}
    await deps.stores.invitations.collection.update_one({"_id": key_of("Invitation", over["id"])}, past)
    await act(owner, "revokeInvitation", invitationId=link["id"])
    answers = [await api.post(PREVIEW, {"token": each}) for each in (link["token"], over["token"], "made up", "")]
    assert answers == [{"data": {"invitation": None}, **{k: v for k, v in answers[0].items() if k != "data"}}] * 4


async def test_who_is_invited_by_address_sees_who_invites_to_what(api: Api) -> None:
    owner, (ben, email) = await new_customer(api), await by_address(api)
    design = (await new_design(owner))["id"]
    invited = await act(owner, "inviteToDesign", designId=design, role="VIEWER", email=email)
    assert (await ben.ask(OFFERED))["invitations"]["nodes"] == [
        {
            "id": invited["id"],
            "inviterName": "Li Na",
            "designTitle": "My design",
            "model": {"sku": FRONT_9},
            "acceptedBy": [],
        }
    ]


async def test_an_invitation_by_address_that_gives_nothing_new_is_followed_all_the_same(api: Api) -> None:
    owner, (ben, email) = await new_customer(api), await by_address(api)
    design = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    joined = await act(ben, "acceptInvitation", token=link["token"])
    mailed = await act(owner, "inviteToDesign", designId=design, role="VIEWER", email=email)
    answer = await act(ben, "acceptInvitation", invitationId=mailed["id"])
    assert (answer["__typename"], answer["sequence"]) == ("DesignChange", joined["sequence"])
    assert (await ben.ask(OFFERED))["invitations"]["nodes"] == []
    listed = (await owner.ask(INVITATIONS, id=design))["design"]["invitations"]["nodes"]
    assert [entry["acceptedBy"] for entry in listed] == [[{"id": await account_of(ben)}]] * 2
    assert await roles(owner, design) == ["OWNER", "EDITOR"]


async def test_nobody_invites_or_follows_themselves_and_is_told_why(api: Api, deps: Deps) -> None:
    owner, email = await by_address(api)
    design = (await new_design(owner))["id"]
    refused = await act(owner, "inviteToDesign", designId=design, role="VIEWER", email=email.upper())
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "email"])
    link = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    refused = await act(owner, "acceptInvitation", token=link["token"])
    assert (refused["errorCode"], refused["path"]) == ("NOT_ALLOWED", ["input", "token"])
    assert await deps.stores.invitations.collection.count_documents({"design": key_of("Design", design)}) == 1
    listed = (await owner.ask(INVITATIONS, id=design))["design"]["invitations"]["nodes"]
    assert [entry["acceptedBy"] for entry in listed] == [[]]


async def test_nobody_comes_in_once_an_invitation_is_revoked_however_close_it_was(api: Api) -> None:
    """Of three guests one comes before it is revoked, one at the same time, and one after."""
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    guests = [await new_customer(api) for _ in range(3)]
    ids = [await account_of(handler) for handler in guests]
    early, close, late = guests
    for number in range(12):
        link = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
        await act(early, "acceptInvitation", token=link["token"])
        calls = [
            act(close, "acceptInvitation", token=link["token"]),
            act(owner, "revokeInvitation", invitationId=link["id"]),
        ]
        answers = await asyncio.gather(*(calls if number % 2 else reversed(calls)))
        await act(late, "acceptInvitation", token=link["token"])
        (revoked,) = (answer for answer in answers if answer["__typename"] == "Invitation")
        listed = [handler["id"] for handler in revoked["acceptedBy"]]
        members = "query($id: ID!) { design(id: $id) { members { account { id } role } } }"
        inside = [m["account"]["id"] for m in (await owner.ask(members, id=design))["design"]["members"][1:]]
        assert sorted(inside) == sorted(listed)
        assert ids[0] in inside
        assert ids[2] not in inside
        for member in inside:
            await act(owner, "removeMember", designId=design, accountId=member)


async def test_a_foreign_invitation_and_an_absent_one_are_one_answer(api: Api) -> None:
    owner, second, design = await shared(api)
    link = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    stranger = await new_customer(api)
    answers = [
        await act(who, "revokeInvitation", invitationId=id)
        for who in (second, stranger)
        for id in (link["id"], "SW52aXRhdGlvbjp4", "")
    ]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["path"] == ["input", "invitationId"]
    for given in ({}, {"token": "x", "invitationId": "y"}):
        assert (await act(stranger, "acceptInvitation", **given))["errorCode"] == "INVALID_INPUT"


async def test_an_old_quote_shows_a_member_who_was_taken_out_no_people_and_no_talk(api: Api) -> None:
    owner, second, design = await shared(api)
    quote = await second.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { id }",
        designId=design,
        designRevision=1,
        country="CN",
        currency="CNY",
    )
    account = (await second.ask("{ viewer { id } }"))["viewer"]["id"]
    await act(owner, "commentOnDesign", designId=design, text="Private")
    await act(owner, "removeMember", designId=design, accountId=account)
    query = """query($id: ID!) { node(id: $id) { ... on Quote { design { viewerRole owner { name } members { role }
        comments { nodes { text } } revisions { nodes { number } } proposals { id } } } } }"""
    assert (await second.ask(query, id=quote["id"]))["node"]["design"] == {
        "viewerRole": None,
        "owner": None,
        "members": [],
        "comments": {"nodes": []},
        "revisions": {"nodes": []},
        "proposals": [],
    }


async def test_a_crash_before_a_design_is_projected_is_healed_by_the_sweep(api: Api, deps: Deps) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    await deps.stores.designs.collection.delete_one({"_id": key_of("Design", design)})
    assert (await owner.ask("{ designs { nodes { id } } }"))["designs"]["nodes"] == []
    await sweep(deps)
    assert (await owner.ask("{ designs { nodes { id } } }"))["designs"]["nodes"] == [{"id": design}]


async def test_comments_are_anchored_answered_and_paged(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    first = await act(second, "commentOnDesign", designId=design, text=" Too dark? ", group="COLOUR")
    assert first["comment"]["group"] == {"code": "COLOUR"}
    reply = await act(owner, "commentOnDesign", designId=design, text="No.", replyTo=first["comment"]["sequence"])
    assert reply["comment"]["group"] == {"code": "COLOUR"}
    query = """query($id: ID!, $after: String) { design(id: $id) { comments(first: 1, after: $after) {
        nodes { text replyTo author { name } } pageInfo { endCursor hasNextPage } } } }"""
    page = (await second.ask(query, id=design))["design"]["comments"]
    assert page["nodes"] == [{"text": "No.", "replyTo": first["comment"]["sequence"], "author": {"name": "Li Na"}}]
    page = (await second.ask(query, id=design, after=page["pageInfo"]["endCursor"]))["design"]["comments"]
    assert (page["nodes"][0]["text"], page["pageInfo"]["hasNextPage"]) == ("Too dark?", False)


async def test_a_request_with_a_key_is_done_once_however_often_it_comes(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    public = (await new_design(owner))["id"]
    await act(owner, "publishDesign", designId=public, published=True)
    requests: list[tuple[str, Json, Json]] = [
        ("startDesign", {"modelSku": FRONT_9}, {"title": "Other"}),
        ("forkDesign", {"designId": public}, {"title": "Other"}),
        ("commentOnDesign", {"designId": design, "text": "Nice"}, {"text": "Other"}),
        ("proposeChanges", {"designId": design, "selections": functions("WIFI")}, {"note": "Other"}),
    ]
    for mutation, input, other in requests:
        same = {**input, "idempotencyKey": f"{mutation} 1"}
        answers = await asyncio.gather(*(act(second, mutation, **same) for _ in range(5)))
        answers.append(await act(second, mutation, **same))
        assert "errorCode" not in answers[0]
        assert all(answer == answers[0] for answer in answers)
        reused = await act(second, mutation, **{**same, **other})
        assert (reused["errorCode"], reused["path"]) == ("KEY_REUSED", ["input", "idempotencyKey"])
        assert (await act(second, mutation, **{**same, "idempotencyKey": ""}))["errorCode"] == "INVALID_INPUT"
        mine = await act(owner, mutation, **same)
        assert mine != answers[0]
    query = "query($id: ID!) { design(id: $id) { lastSequence } }"
    assert (await owner.ask(query, id=design))["design"]["lastSequence"] == 6
    entries = (await api.ask("{ gallery(first: 100) { nodes { forks design { id } } } }"))["gallery"]["nodes"]
    assert [entry["forks"] for entry in entries if entry["design"]["id"] == public] == [2]
    assert len((await second.ask("{ designs { nodes { id } } }"))["designs"]["nodes"]) == 3


@pytest.mark.parametrize(
    ("comment", "path"),
    [
        ({"text": " "}, "text"),
        ({"text": "x" * 2001}, "text"),
        ({"text": "x", "group": "NOPE"}, "group"),
        ({"text": "x", "replyTo": 1}, "replyTo"),
        ({"text": "x", "replyTo": 99}, "replyTo"),
    ],
)
async def test_a_comment_outside_its_limits_is_refused(api: Api, comment: dict[str, object], path: str) -> None:
    owner = await new_customer(api)
    refused = await act(owner, "commentOnDesign", designId=(await new_design(owner))["id"], **comment)
    assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", path])


async def test_a_proposal_shows_its_price_is_voted_on_and_accepted_as_one_step(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    colour = await other_colour(api)
    proposal = (await act(second, "proposeChanges", designId=design, selections=colour, note="Warmer"))["proposal"]
    await act(owner, "voteOnProposal", proposalId=proposal["id"], vote="AGAINST")
    await act(second, "voteOnProposal", proposalId=proposal["id"], vote="FOR")
    voted = await act(owner, "voteOnProposal", proposalId=proposal["id"], vote="FOR")
    assert voted["proposal"] == {"id": proposal["id"], "votesFor": 2, "votesAgainst": 0}
    query = """query($id: ID!) { design(id: $id) { price(currency: "EUR") { amount } proposals { id note consistent
        author { name } price(currency: "EUR") { amount } priceDelta(currency: "EUR") { amount } addedDays
        changes { group { code } options { code } } votes { account { name } vote } } } }"""
    shown = (await second.ask(query, id=design))["design"]
    (open_proposal,) = shown["proposals"]
    delta = float(open_proposal["price"]["amount"]) - float(shown["price"]["amount"])
    assert float(open_proposal["priceDelta"]["amount"]) == pytest.approx(delta)
    assert [[o["code"] for o in s["options"]] for s in open_proposal["changes"]] == [colour[0]["options"]]
    settle = {"proposalId": proposal["id"], "accept": True, "expectedRevision": 1}
    assert (await act(second, "settleProposal", **settle))["errorCode"] == "NOT_ALLOWED"
    assert (await act(owner, "settleProposal", **{**settle, "expectedRevision": 9}))["currentRevision"] == 1
    accepted = await act(owner, "settleProposal", **settle)
    assert (accepted["kind"], accepted["revision"]) == ("ACCEPTED", 2)
    assert (await act(owner, "settleProposal", **settle))["errorCode"] == "NOT_FOUND"
    after = (await owner.ask(query, id=design))["design"]
    assert (after["price"], after["proposals"]) == (open_proposal["price"], [])


async def test_a_proposal_and_an_invitation_are_found_by_their_ids_by_whom_they_concern(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    stranger = await new_customer(api)
    link = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    colour = await other_colour(api)
    proposal = (await act(second, "proposeChanges", designId=design, selections=colour))["proposal"]["id"]
    query = "query($id: ID!) { node(id: $id) { id ... on Proposal { votesFor } ... on Invitation { token role } } }"

    async def seen(caller: Api, id: str) -> Json | None:
        found: Json | None = (await caller.ask(query, id=id))["node"]
        return found

    await act(second, "voteOnProposal", proposalId=proposal, vote="FOR")
    for accept in (None, True):
        if accept:
            await act(owner, "settleProposal", proposalId=proposal, accept=True, expectedRevision=1)
        assert await seen(second, proposal) == {"id": proposal, "votesFor": 1}
        assert await seen(stranger, proposal) is None
    assert await seen(owner, link["id"]) == {"id": link["id"], "token": None, "role": "VIEWER"}
    for caller in (second, stranger):
        assert await seen(caller, link["id"]) is None


async def test_accepting_a_proposal_keeps_what_was_revised_meanwhile(api: Api) -> None:
    owner, second, design = await shared(api)
    colour = await other_colour(api)
    proposal = (await act(second, "proposeChanges", designId=design, selections=colour))["proposal"]
    await revise(owner, design, 1, engraving="Für Lina")
    await act(owner, "settleProposal", proposalId=proposal["id"], accept=True, expectedRevision=2)
    query = "query($id: ID!) { design(id: $id) { revision engraving selections { group { code } options { code } } } }"
    found = (await owner.ask(query, id=design))["design"]
    assert (found["revision"], found["engraving"]) == (3, "Für Lina")
    assert {"group": {"code": "COLOUR"}, "options": [{"code": colour[0]["options"][0]}]} in found["selections"]


FUNCTIONS = """query($id: ID!) { design(id: $id) { revision
    selections { group { code } options { code } } proposals { designRevision added { options { code } }
        removed { options { code } } changes { group { code } options { code } } } } }"""


def functions(*codes: str) -> list[Json]:
    return [{"group": "FUNCTIONS", "options": list(codes)}]


async def test_accepting_a_proposal_undoes_nothing_that_was_chosen_meanwhile_in_a_group_of_many(api: Api) -> None:
    owner, second, design = await shared(api)
    await revise(owner, design, 1, selections=functions("STEAM"))
    proposal = (await act(second, "proposeChanges", designId=design, selections=functions("STEAM", "WIFI")))["proposal"]
    await revise(owner, design, 2, selections=functions("STEAM", "DRUM_LIGHT"))
    (waiting,) = (await owner.ask(FUNCTIONS, id=design))["design"]["proposals"]
    together = {"group": {"code": "FUNCTIONS"}, "options": [{"code": c} for c in ("STEAM", "DRUM_LIGHT", "WIFI")]}
    assert sorted(o["code"] for o in waiting["changes"][0]["options"]) == ["DRUM_LIGHT", "STEAM", "WIFI"]
    assert (waiting["designRevision"], waiting["added"], waiting["removed"]) == (
        2,
        [{"options": [{"code": "WIFI"}]}],
        [],
    )
    await act(owner, "settleProposal", proposalId=proposal["id"], accept=True, expectedRevision=3)
    found = (await owner.ask(FUNCTIONS, id=design))["design"]
    chosen = next(s for s in found["selections"] if s["group"] == together["group"])
    assert {o["code"] for o in chosen["options"]} == {"STEAM", "DRUM_LIGHT", "WIFI"}
    assert found["revision"] == 4


SETTLED = """id status createdAt settledAt settledBy { id } note priceDelta(currency: "EUR") { amount } addedDays"""


async def test_a_settled_proposal_still_says_what_it_cost_and_who_settled_it(api: Api) -> None:
    owner, second, design = await shared(api)
    await revise(owner, design, 1, selections=functions("STEAM"))
    shown = f"... on DesignChange {{ kind proposal {{ {SETTLED} }} }}"
    input = "ProposeChangesInput"
    wanted: Json = {"designId": design, "note": "Online", "selections": functions("STEAM", "WIFI")}
    wish = (await second.do("proposeChanges", input, shown, **wanted))["proposal"]
    assert float(wish["priceDelta"]["amount"]) > 0
    assert (wish["status"], wish["settledAt"], wish["settledBy"]) == ("OPEN", None, None)
    settle: Json = {"proposalId": wish["id"], "accept": True, "expectedRevision": 2}
    accepted = (await owner.do("settleProposal", "SettleProposalInput", shown, **settle))["proposal"]
    assert (accepted["status"], accepted["settledBy"]) == ("ACCEPTED", {"id": await account_of(owner)})
    same = ("priceDelta", "addedDays", "createdAt", "note")
    assert {name: accepted[name] for name in same} == {name: wish[name] for name in same}
    await revise(owner, design, 3, selections=functions())
    node = f"query($id: ID!) {{ node(id: $id) {{ ... on Proposal {{ {SETTLED} }} }} }}"
    assert (await second.ask(node, id=wish["id"]))["node"] == accepted
    live = f"subscription($id: ID!) {{ designChanges(designId: $id, after: 4) {{ kind proposal {{ {SETTLED} }} }} }}"
    async with second.subscribe(live, id=design) as changes:
        assert await changes.next() == {"designChanges": {"kind": "ACCEPTED", "proposal": accepted}}


async def test_proposals_are_listed_by_what_has_become_of_them(api: Api) -> None:
    owner, second, design = await shared(api)
    wishes = [
        await act(second, "proposeChanges", designId=design, selections=functions(option))
        for option in ("STEAM", "WIFI", "DRUM_LIGHT")
    ]
    made = [wish["proposal"]["id"] for wish in wishes]
    await act(owner, "settleProposal", proposalId=made[0], accept=True, expectedRevision=1)
    await act(second, "settleProposal", proposalId=made[1], accept=False)
    query = """query($id: ID!, $status: ProposalStatus, $first: Int, $after: String) { design(id: $id) {
        proposals { id status } settledProposals(status: $status, first: $first, after: $after) {
            nodes { id status settledBy { id } } pageInfo { endCursor hasNextPage } } } }"""
    accepted = {"id": made[0], "status": "ACCEPTED", "settledBy": {"id": await account_of(owner)}}
    declined = {"id": made[1], "status": "DECLINED", "settledBy": {"id": await account_of(second)}}
    for status, found in (
        (None, [declined, accepted]),
        ("ACCEPTED", [accepted]),
        ("DECLINED", [declined]),
        ("OPEN", []),
    ):
        shown = (await second.ask(query, id=design, status=status))["design"]
        assert shown["settledProposals"]["nodes"] == found
        assert shown["proposals"] == [{"id": made[2], "status": "OPEN"}]
    page = (await second.ask(query, id=design, first=1))["design"]["settledProposals"]
    assert (page["nodes"], page["pageInfo"]["hasNextPage"]) == ([declined], True)
    page = (await second.ask(query, id=design, first=1, after=page["pageInfo"]["endCursor"]))["design"]
    assert page["settledProposals"]["nodes"] == [accepted]
    assert await second.ask(query, id=design) == await owner.ask(query, id=design)
    missing = await act(owner, "settleProposal", proposalId=made[2], accept=True)
    assert (missing["errorCode"], missing["path"]) == ("INVALID_INPUT", ["input", "expectedRevision"])


async def test_one_more_proposal_than_may_be_open_is_refused_as_a_limit_and_a_comment_beside_them_is_small(
    api: Api, deps: Deps
) -> None:
    owner, second, design = await shared(api)
    notes = {}
    for number in range(OPEN_PROPOSALS_MAX):
        note = str(number % 10) * TEXT_LENGTH_MAX
        answer = await act(second, "proposeChanges", designId=design, engraving=f"N{number}", note=note)
        notes[answer["proposal"]["id"]] = note
    refused = await act(second, "proposeChanges", designId=design, engraving="One more")
    assert (refused["__typename"], refused["errorCode"], refused["path"]) == (
        "NotPossible",
        "LIMIT_REACHED",
        ["input", "designId"],
    )
    said = await act(owner, "commentOnDesign", designId=design, text="x")
    where = {"$match": {"design": key_of("Design", design), "sequence": said["sequence"]}}
    size = [where, {"$project": {"bytes": {"$bsonSize": "$$ROOT"}}}]
    (stored,) = await deps.stores.design_changes.collection.aggregate(size).to_list(None)
    assert stored["bytes"] < 16_384
    query = "query($id: ID!) { design(id: $id) { proposals { id note } } }"
    found = (await owner.ask(query, id=design))["design"]["proposals"]
    assert {proposal["id"]: proposal["note"] for proposal in found} == notes


async def test_the_journal_of_a_design_is_paged_from_both_ends_like_it_is_heard(api: Api) -> None:
    owner, second, design = await shared(api)
    for number in range(4):
        await act(second, "commentOnDesign", designId=design, text=str(number))
    fields = "sequence kind comment { text } member { account { id } role }"
    query = f"""query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {{ design(id: $id) {{
        changes(first: $first, after: $after, last: $last, before: $before) {{
            nodes {{ {fields} }} pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }} }}"""
    async with second.subscribe(
        f"subscription($id: ID!) {{ designChanges(designId: $id, after: 0) {{ {fields} }} }}", id=design
    ) as changes:
        on_message = [change["designChanges"] for change in await changes.take(6)]
    assert on_message[1]["member"] == {"account": {"id": await account_of(second)}, "role": "EDITOR"}

    async def page(caller: Api = owner, **place: object) -> Json:
        found: Json = (await caller.ask(query, id=design, **place))["design"]["changes"]
        return found

    assert (await page())["nodes"] == on_message
    first = await page(first=4)
    assert (first["nodes"], first["pageInfo"]["hasNextPage"]) == (on_message[:4], True)
    rest = await page(second, first=4, after=first["pageInfo"]["endCursor"])
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == (on_message[4:], False)
    end = await page(last=4)
    assert (end["nodes"], end["pageInfo"]["hasPreviousPage"]) == (on_message[2:], True)
    start = await page(last=4, before=end["pageInfo"]["startCursor"])
    assert (start["nodes"], start["pageInfo"]["hasPreviousPage"]) == (on_message[:2], False)


async def test_the_journal_says_who_came_who_got_another_role_and_who_left(api: Api) -> None:
    owner, second, design = await shared(api)
    account = await account_of(second)
    shown = "... on DesignChange { kind author { id } member { account { id name } role } }"
    given = {"designId": design, "accountId": account}
    changed = await owner.do("changeRole", "ChangeRoleInput", shown, **given, role="VIEWER")
    about = {"account": {"id": account, "name": "Li Na"}, "role": "VIEWER"}
    assert (changed["kind"], changed["author"]["id"], changed["member"]) == (
        "ROLE_CHANGED",
        await account_of(owner),
        about,
    )
    left = await owner.do("removeMember", "RemoveMemberInput", shown, **given)
    assert (left["kind"], left["member"]) == ("LEFT", about)


async def test_what_changes_nothing_makes_no_revision_and_is_nobody_s_conflict(api: Api) -> None:
    owner, second, design = await shared(api)
    await revise(owner, design, 1, title="Bath", selections=functions("STEAM"))
    proposal = (await act(second, "proposeChanges", designId=design, selections=functions("STEAM", "WIFI")))["proposal"]
    await revise(owner, design, 2, title="Bath", selections=functions("STEAM", "WIFI"))
    same: list[dict[str, object]] = [{}, {"title": "Bath"}, {"engraving": ""}]
    same.append({"selections": functions("WIFI", "STEAM")})
    for nothing in same:
        answer = await act_revise(second, designId=design, expectedRevision=3, **nothing)
        assert (answer["__typename"], answer["revision"]) == ("Design", 3)
    assert (await act_revise(second, designId=design, expectedRevision=2))["currentRevision"] == 3
    restored = await act(second, "restoreRevision", designId=design, revision=3, expectedRevision=3)
    assert (restored["__typename"], restored["revision"]) == ("Design", 3)
    accepted = await act(owner, "settleProposal", proposalId=proposal["id"], accept=True, expectedRevision=3)
    assert (accepted["kind"], accepted["revision"], accepted["design"]["revision"]) == ("ACCEPTED", None, 3)
    query = """query($id: ID!) { design(id: $id) { revision lastSequence proposals { id }
        revisions { nodes { number } } } }"""
    assert (await owner.ask(query, id=design))["design"] == {
        "revision": 3,
        "lastSequence": 6,
        "proposals": [],
        "revisions": {"nodes": [{"number": 3}, {"number": 2}, {"number": 1}]},
    }


async def test_a_proposal_applies_to_the_design_as_it_is_when_accepted_and_says_which_rules_break(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    fast = [{"group": "SPIN_SPEED", "options": ["RPM_1600"]}]
    proposal = (await act(second, "proposeChanges", designId=design, selections=fast))["proposal"]["id"]
    query = """query($id: ID!) { design(id: $id) { proposals { consistent conflicts { rule
        suggestions { changes { group { code } options { code } } } } } } }"""
    assert (await owner.ask(query, id=design))["design"]["proposals"] == [{"consistent": True, "conflicts": []}]
    await revise(owner, design, 1, selections=[{"group": "CAPACITY", "options": ["KG_11"]}])
    (moved,) = (await owner.ask(query, id=design))["design"]["proposals"]
    assert moved["consistent"] is False
    (conflict,) = moved["conflicts"]
    assert conflict["rule"] == "BIG_DRUM_SPEED"
    assert conflict["suggestions"][0]["changes"]
    stale = await act(owner, "settleProposal", proposalId=proposal, accept=True, expectedRevision=1)
    assert (stale["__typename"], stale["currentRevision"]) == ("Conflict", 2)
    declined = await act(second, "settleProposal", proposalId=proposal, accept=False, expectedRevision=1)
    assert declined["kind"] == "DECLINED"
    vote = await act(owner, "voteOnProposal", proposalId=proposal, vote="FOR")
    assert (vote["errorCode"], vote["path"]) == ("NOT_FOUND", ["input", "proposalId"])


async def test_a_proposal_that_changes_nothing_is_refused(api: Api) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    first = first_choices((await api.ask(MODEL, sku=FRONT_9))["model"])
    empty: list[dict[str, object]] = [{}, {"selections": first}, {"engraving": ""}, {"selections": []}]
    for nothing in empty:
        refused = await act(owner, "proposeChanges", designId=design, **nothing)
        assert (refused["errorCode"], refused["path"]) == ("INVALID_INPUT", ["input", "selections"])


async def test_an_engineer_hears_nothing_more_once_a_design_is_closed_to_them(api: Api, machine: Token) -> None:
    owner, engineer = await new_customer(api), await machine("staff", factory="FOSHAN")
    design = (await new_design(owner))["id"]
    await act(owner, "openDesign", designId=design, opened=True)
    live = "subscription($id: ID!) { designChanges(designId: $id, after: 1) { kind } }"
    async with engineer.subscribe(live, id=design) as changes:
        assert await changes.next() == {"designChanges": {"kind": "OPENED"}}
        await act(owner, "openDesign", designId=design, opened=False)
        message = await changes.message()
        assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_a_proposal_is_declined_by_its_owner_or_withdrawn_by_its_author(api: Api) -> None:
    owner, second, design = await shared(api, "COMMENTER")
    colour = await other_colour(api)
    for caller in (owner, second):
        proposal = (await act(second, "proposeChanges", designId=design, selections=colour))["proposal"]
        declined = await act(caller, "settleProposal", proposalId=proposal["id"], accept=False, expectedRevision=1)
        assert (declined["kind"], declined["revision"]) == ("DECLINED", None)


async def test_an_old_revision_is_restored_and_compared(api: Api) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    colour = await other_colour(api)
    await revise(owner, design, 1, selections=colour, title="Warm")
    query = """query($id: ID!, $a: Int!, $b: Int!) { compareRevisions(designId: $id, a: $a, b: $b) {
        before { number title } after { number title } priceDelta { amount } addedDays
        groups { group { code } before { code } after { code } } } }"""
    found = (await owner.ask(query, id=design, a=1, b=2))["compareRevisions"]
    assert [group["group"]["code"] for group in found["groups"]] == ["COLOUR"]
    assert found["groups"][0]["after"] == [{"code": colour[0]["options"][0]}]
    assert (found["before"]["title"], found["after"]["title"]) == ("My design", "Warm")
    restored = await act(owner, "restoreRevision", designId=design, revision=1, expectedRevision=2)
    assert restored["revision"] == 3
    assert (await owner.ask(query, id=design, a=1, b=3))["compareRevisions"]["groups"] == []
    late = await act(owner, "restoreRevision", designId=design, revision=1, expectedRevision=2)
    assert late["currentRevision"] == 3
    missing = await act(owner, "restoreRevision", designId=design, revision=9, expectedRevision=3)
    assert missing["errorCode"] == "NOT_FOUND"


async def test_each_revision_says_who_made_it_when_and_what_it_changed(api: Api) -> None:
    owner, second, design = await shared(api)
    colour = await other_colour(api)
    await revise(second, design, 1, title="Only a title")
    await revise(owner, design, 2, title="Only a title", selections=colour, engraving="Lina")
    what = "before { title engraving } after { title engraving } groups { group { code } after { code } }"
    history = f"""query($id: ID!) {{ design(id: $id) {{ revisions {{ nodes {{
        number createdAt author {{ id }} changed {{ {what} }} }} }} }} }}"""
    third, titled, first = (await owner.ask(history, id=design))["design"]["revisions"]["nodes"]
    assert [node["number"] for node in (first, titled, third)] == [1, 2, 3]
    assert [node["author"]["id"] for node in (first, titled, third)] == [
        await account_of(owner),
        await account_of(second),
        await account_of(owner),
    ]
    assert first["createdAt"] <= titled["createdAt"] <= third["createdAt"]
    assert first["changed"] is None
    assert titled["changed"] == {
        "before": {"title": "My design", "engraving": None},
        "after": {"title": "Only a title", "engraving": None},
        "groups": [],
    }
    assert third["changed"]["after"] == {"title": "Only a title", "engraving": "Lina"}
    assert third["changed"]["groups"] == [
        {"group": {"code": "COLOUR"}, "after": [{"code": colour[0]["options"][0]}]},
    ]
    live = f"subscription($id: ID!) {{ designChanges(designId: $id, after: 0) {{ kind changed {{ {what} }} }} }}"
    async with second.subscribe(live, id=design) as changes:
        seen = [change["designChanges"] for change in await changes.take(4)]
    assert [change["changed"] for change in seen] == [None, None, titled["changed"], third["changed"]]


async def test_a_published_design_shows_nobody_s_name_and_is_forked(api: Api) -> None:
    owner, second, design = await shared(api)
    await revise(owner, design, 1, engraving="Für Lina")
    await act(second, "commentOnDesign", designId=design, text="Private")
    assert (await act(owner, "publishDesign", designId=design, published=True))["kind"] == "PUBLISHED"
    stranger = await new_customer(api)
    fork = await act(stranger, "forkDesign", designId=design)
    assert fork["revision"] == 1
    query = """query($sort: GallerySort!) { gallery(sort: $sort, first: 100, category: WASHING_MACHINE) { nodes { forks
        design { id engraving owner { name } members { role } viewerRole comments { nodes { text } }
        revisions { nodes { number } } selections { group { code } } } } } }"""
    nothing: Json = {"engraving": None, "owner": None, "members": [], "viewerRole": None}
    nothing |= {"comments": {"nodes": []}, "revisions": {"nodes": []}}
    for caller in (api, stranger, owner, second):
        for sort in ("NEWEST", "MOST_FORKED"):
            entries = (await caller.ask(query, sort=sort))["gallery"]["nodes"]
            (entry,) = [entry for entry in entries if entry["design"]["id"] == design]
            assert entry["forks"] == 1
            assert {name: entry["design"][name] for name in nothing} == nothing
            assert entry["design"]["selections"]
    mine = "query($id: ID!) { design(id: $id) { engraving owner { name } revisions { nodes { number } } } }"
    assert (await stranger.ask(mine, id=fork["id"]))["design"] == {
        "engraving": None,
        "owner": {"name": "Li Na"},
        "revisions": {"nodes": [{"number": 1}]},
    }
    assert (await act(owner, "publishDesign", designId=design, published=False))["kind"] == "WITHDRAWN"
    assert (await act(await new_customer(api), "forkDesign", designId=design))["errorCode"] == "NOT_FOUND"


SHOWN = """revision title galleryTitle publishedRevision engraving owner { name } members { role } viewerRole
    lastSequence selections { group { code } options { code } } changes { nodes { kind } } proposals { id }
    settledProposals { nodes { id } } comments { nodes { text } } revisions { nodes { number } } forkedFrom { id }"""
ANYBODY = f"""query($id: ID!) {{ design(id: $id) {{ {SHOWN} }} node(id: $id) {{ id ... on Design {{ {SHOWN} }} }}
    gallery(first: 100, category: WASHING_MACHINE) {{ nodes {{ publishedAt design {{ id {SHOWN} }} }} }} }}"""


async def seen_by_anybody(caller: Api, design: str) -> Json:
    """See a published design: alike by its id, as a node, and in the gallery."""
    answer = await caller.ask(ANYBODY, id=design)
    (entry,) = [entry["design"] for entry in answer["gallery"]["nodes"] if entry["design"]["id"] == design]
    assert answer["node"] == entry
    found: Json = answer["design"]
    assert {"id": design, **found} == entry
    return found


async def test_the_gallery_shows_the_revision_that_was_published_to_everybody_and_no_later_one(api: Api) -> None:
    owner, second, design = await shared(api)
    stranger = await new_customer(api, "de")
    await revise(owner, design, 1, title="Lina's kitchen", engraving="Lina", selections=functions("STEAM"))
    await act(second, "commentOnDesign", designId=design, text="Private")
    stale = await act(owner, "publishDesign", designId=design, published=True, expectedRevision=1)
    assert stale["currentRevision"] == 2
    await act(owner, "publishDesign", designId=design, published=True, expectedRevision=2)
    first = await seen_by_anybody(api, design)
    nothing: Json = {"engraving": None, "owner": None, "members": [], "viewerRole": None, "lastSequence": 0}
    nothing |= {name: {"nodes": []} for name in ("changes", "settledProposals", "comments", "revisions")}
    nothing |= {"proposals": [], "forkedFrom": None}
    assert {name: first[name] for name in nothing} == nothing
    assert (first["revision"], first["publishedRevision"]) == (2, 2)
    assert {"group": {"code": "FUNCTIONS"}, "options": [{"code": "STEAM"}]} in first["selections"]
    assert first["title"] == first["galleryTitle"] != "Lina's kitchen"
    german = await seen_by_anybody(stranger, design)
    assert german == first | dict.fromkeys(("title", "galleryTitle"), german["title"])
    await revise(second, design, 2, title="Tom's", selections=functions("WIFI"))
    assert await seen_by_anybody(api, design) == first
    mine = (await owner.ask(f"query($id: ID!) {{ design(id: $id) {{ {SHOWN} }} }}", id=design))["design"]
    assert (mine["revision"], mine["publishedRevision"], mine["title"]) == (3, 2, "Tom's")
    again = await act(owner, "publishDesign", designId=design, published=True, title=" All by app ")
    assert again["kind"] == "PUBLISHED"
    third = await seen_by_anybody(stranger, design)
    assert (third["revision"], third["title"]) == (3, "All by app")
    same = await act(owner, "publishDesign", designId=design, published=True, title="All by app")
    assert same["sequence"] == again["sequence"]
    await act(owner, "publishDesign", designId=design, published=False)
    assert (await stranger.ask("query($id: ID!) { design(id: $id) { id } node(id: $id) { id } }", id=design)) == {
        "design": None,
        "node": None,
    }


async def test_to_who_is_not_signed_in_a_hidden_design_and_none_are_one_answer(api: Api) -> None:
    hidden = (await new_design(await new_customer(api)))["id"]
    answers = [await api.post("query($id: ID!) { design(id: $id) { id } }", {"id": id}) for id in (hidden, "x", "")]
    assert answers[0]["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert all(answer == answers[0] for answer in answers)


async def test_a_fork_has_what_was_published_no_private_title_and_says_where_it_came_from(api: Api) -> None:
    owner, second, design = await shared(api)
    stranger = await new_customer(api, "fr")
    await revise(owner, design, 1, title="Lina's kitchen", selections=functions("STEAM"))
    await act(owner, "publishDesign", designId=design, published=True)
    await revise(owner, design, 2, title="Lina's kitchen", selections=functions("WIFI"))
    shown = """... on Design { id title selections { group { code } options { code } }
        forkedFrom { id revision owner { name } } }"""

    async def fork(caller: Api, **more: object) -> Json:
        return await caller.do("forkDesign", "ForkDesignInput", shown, designId=design, **more)

    public, member, own = await fork(stranger), await fork(second), await fork(owner)
    assert [each["title"] for each in (public, member, own)] == ["Ma création", "My design", "Lina's kitchen"]
    assert {"group": {"code": "FUNCTIONS"}, "options": [{"code": "STEAM"}]} in public["selections"]
    assert {"group": {"code": "FUNCTIONS"}, "options": [{"code": "WIFI"}]} in member["selections"]
    assert public["forkedFrom"] == {"id": design, "revision": 2, "owner": None}
    assert member["forkedFrom"] == own["forkedFrom"] == {"id": design, "revision": 3, "owner": {"name": "Li Na"}}
    assert (await fork(stranger, title="Ours"))["title"] == "Ours"
    assert (await fork(stranger, revision=3))["errorCode"] == "NOT_FOUND"
    assert (await fork(stranger, title="\u202e"))["path"] == ["input", "title"]
    await act(owner, "publishDesign", designId=design, published=True, title="By app")
    assert (await fork(stranger))["title"] == "By app"
    await act(owner, "publishDesign", designId=design, published=False)
    query = "query($id: ID!) { design(id: $id) { forkedFrom { id } } }"
    assert (await stranger.ask(query, id=public["id"]))["design"] == {"forkedFrom": None}
    assert (await second.ask(query, id=member["id"]))["design"] == {"forkedFrom": {"id": design}}


@pytest.mark.parametrize(("locale", "title"), [(None, "My design"), ("de-AT", "Mein Entwurf"), ("zh", "我的设计")])
async def test_a_design_without_a_title_is_called_something_in_its_owner_s_language(
    api: Api, locale: str | None, title: str
) -> None:
    customer = await new_customer(api, locale)
    assert (await new_design(customer))["id"]
    assert (await customer.ask("{ designs { nodes { title } } }"))["designs"]["nodes"] == [{"title": title}]


async def test_the_gallery_is_paged_without_gap_or_repeat(api: Api) -> None:
    owner = await new_customer(api)
    ids = [(await new_design(owner, "RF-SIDE-600"))["id"] for _ in range(5)]
    for number, id in enumerate(ids):
        await act(owner, "publishDesign", designId=id, published=True)
        for _ in range(number % 3):
            await act(owner, "forkDesign", designId=id)
    query = """query($sort: GallerySort!, $after: String) { gallery(sort: $sort, first: 2, after: $after,
        category: REFRIGERATOR) { nodes { forks design { id } } pageInfo { endCursor hasNextPage } } }"""
    for sort in ("NEWEST", "MOST_FORKED"):
        seen: list[Json] = []
        after = None
        while True:
            page = (await api.ask(query, sort=sort, after=after))["gallery"]
            seen += page["nodes"]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        found = [entry["design"]["id"] for entry in seen if entry["design"]["id"] in ids]
        assert sorted(found) == sorted(ids)
        if sort == "MOST_FORKED":
            assert [e["forks"] for e in seen] == sorted((e["forks"] for e in seen), reverse=True)


async def test_engineers_see_and_answer_what_was_opened_to_their_factory(api: Api, machine: Token) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    engineer, elsewhere = await machine("staff", factory="FOSHAN"), await machine("staff", factory="QINGDAO")
    query = "query($id: ID!) { design(id: $id) { viewerRole } designs(first: 100) { nodes { id } } }"
    assert (await engineer.ask(query, id=design))["design"] is None
    assert (await act(owner, "openDesign", designId=design, opened=True))["kind"] == "OPENED"
    found = await engineer.ask(query, id=design)
    assert found["design"] == {"viewerRole": "COMMENTER"}
    assert {"id": design} in found["designs"]["nodes"]
    assert (await elsewhere.ask(query, id=design))["design"] is None
    assert (await act(engineer, "commentOnDesign", designId=design, text="We can do that."))["kind"] == "COMMENTED"
    assert (await revise(engineer, design, 1))["errorCode"] == "NOT_ALLOWED"
    assert (await act(owner, "openDesign", designId=design, opened=False))["kind"] == "CLOSED"
    assert (await engineer.ask(query, id=design))["design"] is None


async def history_of(api: Api, design: str) -> list[Json]:
    """Page through all revisions of a design; the first one first."""
    query = """query($id: ID!, $after: String) { design(id: $id) { revisions(first: 100, after: $after) {
        nodes { number title author { id } selections { group { code } options { code } } }
        pageInfo { endCursor hasNextPage } } } }"""
    found: list[Json] = []
    after = None
    while True:
        page = (await api.ask(query, id=design, after=after))["design"]["revisions"]
        found += page["nodes"]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            return found[::-1]


def chosen_in(revision: Json) -> dict[str, list[str]]:
    return {s["group"]["code"]: [o["code"] for o in s["options"]] for s in revision["selections"]}


EDITS = rounds(push=80, prove=500)


class Crowd:
    """Editors of one design, and what each revision should have made of the one before."""

    def __init__(self, design: str, owner: Api, groups: list[Json]) -> None:
        self.design = design
        self.owner = owner
        self.groups = groups
        self.accounts: dict[str | None, str] = {}
        """The accounts by their tokens."""
        self.made: dict[int, tuple[str, Json]] = {}
        self.waiting: dict[str, Json] = {}
        self.done = {"revise": 0, "conflict": 0, "propose": 0, "vote": 0, "accept": 0}

    def note(self, revision: int, editor: Api, wanted: Json) -> None:
        assert revision not in self.made
        self.made[revision] = self.accounts[editor.token], wanted

    def choice(self, source: random.Random, *, one: bool) -> Json:
        """Choose one option of one group; of one that allows no other beside it, where a merge is not expected."""
        group = source.choice([group for group in self.groups if not (one and group["many"])])
        return {"selections": [{"group": group["code"], "options": [source.choice(group["options"])["code"]]}]}

    async def revise(self, editor: Api, source: random.Random, revision: int) -> int:
        wanted = source.choice(({"title": f"{source.random()}"}, self.choice(source, one=False)))
        answer = await act_revise(editor, designId=self.design, expectedRevision=revision, **wanted)
        if answer["__typename"] == "Conflict":
            assert answer["currentRevision"] > revision
            self.done["conflict"] += 1
            return int(answer["currentRevision"])
        if answer["revision"] > revision:  # else it was so already
            self.note(answer["revision"], editor, wanted)
            self.done["revise"] += 1
        return int(answer["revision"])

    async def propose(self, editor: Api, source: random.Random, revision: int) -> int:
        wanted = self.choice(source, one=True)
        if len(self.waiting) < 10:
            answer = await act(editor, "proposeChanges", designId=self.design, **wanted)
            if answer["__typename"] == "DesignChange":  # else it is so already
                self.waiting[answer["proposal"]["id"]] = wanted
                self.done["propose"] += 1
        return revision

    async def vote(self, editor: Api, source: random.Random, revision: int) -> int:
        for proposal in list(self.waiting)[:1]:
            vote = source.choice(("FOR", "AGAINST", None))
            answer = await act(editor, "voteOnProposal", proposalId=proposal, vote=vote)
            self.done["vote"] += answer["__typename"] == "DesignChange"
        return revision

    async def accept(self, editor: Api, source: random.Random, revision: int) -> int:
        """Accept the oldest proposal, as the owner."""
        if editor is not self.owner or not self.waiting:
            return revision
        proposal = next(iter(self.waiting))
        settle = {"proposalId": proposal, "accept": True, "expectedRevision": revision}
        answer = await act(editor, "settleProposal", **settle)
        if answer["__typename"] == "Conflict":
            return int(answer["currentRevision"])
        wanted = self.waiting.pop(proposal)
        self.done["accept"] += 1
        if answer["revision"] is not None:
            self.note(answer["revision"], editor, wanted)
        return int(answer["design"]["revision"])

    def complete(self) -> bool:
        """Tell whether everything was done by somebody, and everybody has made a revision."""
        return all(self.done.values()) and {who for who, _ in self.made.values()} == set(self.accounts.values())

    async def work(self, editor: Api, source: random.Random) -> None:
        revision, doing = 1, (self.revise, self.revise, self.revise, self.propose, self.vote, self.accept)
        while len(self.made) < EDITS or not self.complete():
            revision = await source.choice(doing)(editor, source, revision)


async def test_the_history_of_many_edits_by_8_editors_is_one_chain(api: Api) -> None:
    """Each edit names a title or one group alone: so a lost update would show in all that the others had changed.

    Between them they propose and vote, and the owner accepts: an accepted proposal is an edit like any other.
    """
    owner, _, design = await shared(api)
    link = (await act(owner, "inviteToDesign", designId=design, role="EDITOR"))["token"]
    crowd = Crowd(design, owner, (await api.ask(MODEL, sku=FRONT_9))["model"]["optionGroups"])
    editors = [owner]
    for _ in range(7):
        editors.append(await new_customer(api))
        await act(editors[-1], "acceptInvitation", token=link)
    for editor in editors:
        crowd.accounts[editor.token] = await account_of(editor)
    await asyncio.gather(*(crowd.work(editor, random.Random(n)) for n, editor in enumerate(editors)))
    history = await history_of(owner, design)
    assert [revision["number"] for revision in history] == list(range(1, len(crowd.made) + 2))
    title, chosen = history[0]["title"], chosen_in(history[0])
    for revision in history[1:]:
        account, wanted = crowd.made[revision["number"]]
        title = wanted.get("title", title)
        chosen |= {entry["group"]: entry["options"] for entry in wanted.get("selections", ())}
        assert (revision["author"]["id"], revision["title"], chosen_in(revision)) == (account, title, chosen)


LIVE = """subscription($id: ID!) { designChanges(designId: $id, after: 0) { sequence kind
    design { revision conflicts { message } model { name } } comment { text group { name } }
    proposal { id consistent conflicts { message suggestions { changes { group { name } options { name } } } }
        price(currency: "EUR") { formatted } priceDelta(currency: "EUR") { formatted } addedDays } } }"""
SPOKEN = {
    "de": ("Farbe", "höchstens 1400 U/min", "69,00\xa0€"),
    "fr": ("Couleur", "à 1400 tr/min", "69,00\xa0€"),
    "en": ("Colour", "at 1400 rpm", "€69.00"),
}


class Person:
    """Somebody with a client of their own, PyPI's gql, and one WebSocket for all that they do."""

    def __init__(self, session: AsyncClientSession) -> None:
        self.session = session
        self.seen: list[Json] = []

    async def act(self, mutation: str, **input: object) -> Json:
        kind = mutation[0].upper() + mutation[1:] + "Input"
        selection = RESULT.get(mutation, CHANGE)
        request = GraphQLRequest(
            f"mutation($input: {kind}!) {{ {mutation}(input: $input) {{ __typename {selection} {REFUSAL} }} }}",
            variable_values={"input": input},
        )
        answer: Json = (await self.session.execute(request))[mutation]
        assert "errorCode" not in answer, answer
        return answer

    async def follow(self, design: str, until: str) -> None:
        async for event in self.session.subscribe(GraphQLRequest(LIVE, variable_values={"id": design})):
            self.seen.append(event["designChanges"])
            if self.seen[-1]["kind"] == until:
                return


@asynccontextmanager
async def person(api: Api) -> AsyncIterator[Person]:
    address = api.url.replace("http", "ws") + "/graphql"
    transport = WebsocketsTransport(
        url=address,
        init_payload={"Authorization": f"Bearer {api.token}"},
        subprotocols=[WebsocketsTransport.GRAPHQLWS_SUBPROTOCOL],
    )
    async with Client(transport=transport) as session:
        yield Person(session)


async def test_owner_sister_and_engineer_design_one_machine_live_in_three_languages(api: Api, machine: Token) -> None:
    callers = await new_customer(api, "de"), await new_customer(api, "fr"), await machine("staff", factory="FOSHAN")
    async with (
        person(callers[0]) as owner,
        person(callers[1]) as sister,
        person(callers[2]) as engineer,
    ):
        model = (await api.ask(MODEL, sku=FRONT_9))["model"]
        design = (await owner.act("startDesign", modelSku=FRONT_9, selections=first_choices(model)))["id"]
        link = await owner.act("inviteToDesign", designId=design, role="COMMENTER")
        await sister.act("acceptInvitation", token=link["token"])
        await owner.act("openDesign", designId=design, opened=True)
        everybody = {"de": owner, "fr": sister, "en": engineer}
        watching = [asyncio.create_task(each.follow(design, "ACCEPTED")) for each in everybody.values()]
        asked = await sister.act("commentOnDesign", designId=design, text="Plus claire ?", group="COLOUR")
        fast = [{"group": "CAPACITY", "options": ["KG_11"]}, {"group": "SPIN_SPEED", "options": ["RPM_1600"]}]
        wish = await sister.act("proposeChanges", designId=design, selections=fast, note="Plus vite ?")
        reply = {"replyTo": asked["comment"]["sequence"], "text": "White, yes. 11 kg spin at 1400 rpm at most."}
        await engineer.act("commentOnDesign", designId=design, **reply)
        slower = [fast[0], {"group": "SPIN_SPEED", "options": ["RPM_1400"]}]
        offer = await engineer.act("proposeChanges", designId=design, selections=slower)
        await sister.act("voteOnProposal", proposalId=offer["proposal"]["id"], vote="FOR")
        settle = {"accept": False, "expectedRevision": 1}
        await owner.act("settleProposal", proposalId=wish["proposal"]["id"], **settle)
        await owner.act("settleProposal", proposalId=offer["proposal"]["id"], **{**settle, "accept": True})
        await asyncio.wait_for(asyncio.gather(*watching), WAIT_SECONDS_MAX)
        quote = await owner.act("requestQuote", designId=design, designRevision=2, country="DE", currency="EUR")
        assert quote["designRevision"] == 2
    kinds = ["STARTED", "JOINED", "OPENED", "COMMENTED", "PROPOSED", "COMMENTED", "PROPOSED", "VOTED", "DECLINED"]
    for locale, each in everybody.items():
        assert [change["kind"] for change in each.seen] == [*kinds, "ACCEPTED"]
        assert [change["sequence"] for change in each.seen] == list(range(1, 11))
        group, limit, money = SPOKEN[locale]
        assert each.seen[3]["comment"] == {"text": "Plus claire ?", "group": {"name": group}}
        assert each.seen[4]["proposal"]["consistent"] is False
        (conflict,) = each.seen[4]["proposal"]["conflicts"]
        assert limit in conflict["message"]
        assert conflict["suggestions"]
        assert (each.seen[6]["proposal"]["consistent"], each.seen[6]["proposal"]["conflicts"]) == (True, [])
        assert each.seen[6]["proposal"]["priceDelta"]["formatted"] == money
        assert each.seen[9]["design"]["revision"] == 2
    assert len({each.seen[4]["proposal"]["conflicts"][0]["message"] for each in everybody.values()}) == 3
    assert (await place(callers[0], quote, country="DE", city="Berlin", postalCode="10115"))["number"]
