"""Several minds on one design: roles, invitations, comments, proposals, votes, the gallery, and three of them live."""

import asyncio
import secrets
from datetime import timedelta

import pytest

from app.world import World
from schema.node import key_of
from tests.client import FRONT_9, MODEL, Api, Json, new_customer, new_design, place
from tests.conftest import Token

CHANGE = """... on DesignChange { sequence kind revision author { name } comment { sequence text group { code } }
    proposal { id votesFor votesAgainst } design { revision } } ... on Conflict { currentRevision }"""
INVITATION = "... on Invitation { id token role email expiresAt revokedAt }"
RESULT = {"inviteToDesign": INVITATION, "revokeInvitation": INVITATION, "forkDesign": "... on Design { id revision }"}
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


async def test_a_link_is_good_until_it_is_revoked_or_over(api: Api, world: World) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    revoked = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    assert (await act(owner, "revokeInvitation", invitationId=revoked["id"]))["revokedAt"]
    over = await act(owner, "inviteToDesign", designId=design, role="VIEWER")
    past = {"$set": {"expires_at": world.wall() - timedelta(seconds=1)}}
    await world.stores.invitations.collection.update_one({"_id": key_of("Invitation", over["id"])}, past)
    for token in (revoked["token"], over["token"], "made up", ""):
        refused = await act(await new_customer(api), "acceptInvitation", token=token)
        assert (refused["errorCode"], refused["path"]) == ("NOT_FOUND", ["input", "token"])


async def test_a_link_s_secret_is_kept_hashed_and_its_id_is_no_way_in(api: Api, world: World) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role="EDITOR")
    kept = await world.stores.invitations.collection.find_one({"_id": key_of("Invitation", link["id"])})
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
        assert message["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
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


async def test_a_crash_before_a_design_is_projected_is_healed_by_the_sweep(api: Api, world: World) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    await world.stores.designs.collection.delete_one({"_id": key_of("Design", design)})
    async with world.stores.designs.collection.watch([{"$match": {"operationType": "insert"}}]) as inserts:
        while not (await owner.ask("{ designs { nodes { id } } }"))["designs"]["nodes"]:
            await asyncio.wait_for(inserts.next(), 10)
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
        before { number title } after { number title } priceDelta { amount }
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
    for caller in (api, stranger):
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


async def test_the_history_of_500_edits_by_8_editors_is_one_chain(api: Api, world: World) -> None:
    owner, _, design = await shared(api)
    link = (await act(owner, "inviteToDesign", designId=design, role="EDITOR"))["token"]
    editors = [owner]
    for _ in range(7):
        editors.append(await new_customer(api))
        await act(editors[-1], "acceptInvitation", token=link)
    accepted: list[str] = []
    conflicts = 0

    async def edit(editor: Api, name: int) -> None:
        nonlocal conflicts
        revision = 1
        while len(accepted) < 500:
            title = f"{name}-{secrets.token_hex(4)}"
            answer = await revise(editor, design, revision, title=title)
            if answer["__typename"] == "Design":
                accepted.append(title)
                revision = answer["revision"]
            else:
                assert answer["__typename"] == "Conflict", answer
                conflicts += 1
                revision = answer["currentRevision"]

    await asyncio.gather(*(edit(editor, number) for number, editor in enumerate(editors)))
    changes = await world.stores.design_changes.read(key_of("Design", design), 0, 10_000)
    assert [change.sequence for change in changes] == list(range(1, len(changes) + 1))
    revisions = [change for change in changes if change.revision is not None]
    assert [change.revision for change in revisions] == list(range(1, len(revisions) + 1))
    assert sorted(change.state.title for change in revisions[1:]) == sorted(accepted)
    assert conflicts > 0


async def test_owner_sister_and_engineer_design_one_machine_live_in_three_languages(api: Api, machine: Token) -> None:
    owner, sister = await new_customer(api, "de"), await new_customer(api, "fr")
    engineer = await machine("staff", factory="FOSHAN")
    design = (await new_design(owner))["id"]
    link = await act(owner, "inviteToDesign", designId=design, role="COMMENTER")
    await act(sister, "acceptInvitation", token=link["token"])
    await act(owner, "openDesign", designId=design, opened=True)
    live = """subscription($id: ID!) { designChanges(designId: $id, after: 0) { sequence kind
        design { revision model { name } } comment { text } proposal { id conflicts { message } } } }"""

    async def follow(caller: Api) -> list[Json]:
        seen: list[Json] = []
        async with caller.subscribe(live, id=design) as changes:
            while not seen or seen[-1]["kind"] != "ACCEPTED":
                seen.append((await changes.next())["designChanges"])
        return seen

    watching = [asyncio.create_task(follow(caller)) for caller in (owner, sister, engineer)]
    asked = await act(sister, "commentOnDesign", designId=design, text="Plus claire ?", group="COLOUR")
    await act(
        engineer, "commentOnDesign", designId=design, text="White is possible.", replyTo=asked["comment"]["sequence"]
    )
    colour = await other_colour(api)
    proposal = (await act(sister, "proposeChanges", designId=design, selections=colour))["proposal"]
    await act(owner, "voteOnProposal", proposalId=proposal["id"], vote="FOR")
    await act(owner, "settleProposal", proposalId=proposal["id"], accept=True, expectedRevision=1)
    histories = await asyncio.wait_for(asyncio.gather(*watching), 20)
    kinds = ["STARTED", "JOINED", "OPENED", "COMMENTED", "COMMENTED", "PROPOSED", "VOTED", "ACCEPTED"]
    for history in histories:
        assert [change["kind"] for change in history] == kinds
        assert [change["sequence"] for change in history] == list(range(1, 9))
    names = {history[0]["design"]["model"]["name"] for history in histories}
    assert len(names) >= 2
    quote = await owner.do(
        "requestQuote",
        "RequestQuoteInput",
        "... on Quote { id designRevision }",
        designId=design,
        designRevision=2,
        country="CN",
        currency="CNY",
    )
    assert quote["designRevision"] == 2
    assert (await place(owner, quote))["__typename"] == "Order"
