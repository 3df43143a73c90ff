"""designPresence: who is looking at a design just now."""

import asyncio

from app.deps import Deps
from app.domain.design.design import Role
from schema.node import key_of
from subscriptions.presence_channel import PresenceChannels
from tests.client import Api, new_customer, new_design
from tests.conftest import Token

PRESENCE = "subscription($id: ID!) { designPresence(designId: $id) { role account { id } } }"


async def invited(owner: Api, design: str, role: str = "VIEWER") -> Api:
    """Let somebody new into a design."""
    second = await new_customer(owner)
    link = await owner.do(
        "inviteToDesign", "InviteToDesignInput", "... on Invitation { token }", designId=design, role=role
    )
    await second.do(
        "acceptInvitation", "AcceptInvitationInput", "... on DesignChange { sequence }", token=link["token"]
    )
    return second


async def account_of(api: Api) -> str:
    id: str = (await api.ask("{ viewer { id } }"))["viewer"]["id"]
    return id


def roles(message: dict[str, list[dict[str, str]]]) -> list[str]:
    return sorted(member["role"] for member in message["designPresence"])


async def test_who_comes_and_goes_is_seen_by_who_is_there(api: Api) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    second = await invited(owner, design)
    async with owner.subscribe(PRESENCE, id=design) as presence:
        assert roles(await presence.next()) == ["OWNER"]
        async with second.subscribe(PRESENCE, id=design) as other:
            assert roles(await presence.next()) == ["OWNER", "VIEWER"]
            assert roles(await other.next()) == ["OWNER", "VIEWER"]
        assert roles(await presence.next()) == ["OWNER"]


async def test_an_engineer_is_there_as_one_and_who_was_taken_out_is_no_longer(api: Api, machine: Token) -> None:
    owner = await new_customer(api)
    design = (await new_design(owner))["id"]
    second, engineer = await invited(owner, design, "EDITOR"), await machine("staff", factory="FOSHAN")
    await owner.do("openDesign", "OpenDesignInput", "... on DesignChange { kind }", designId=design, opened=True)
    async with owner.subscribe(PRESENCE, id=design) as presence, second.subscribe(PRESENCE, id=design) as other:
        while roles(await presence.next()) != ["EDITOR", "OWNER"]:
            pass
        await other.next()
        async with engineer.subscribe(PRESENCE, id=design):
            assert roles(await presence.next()) == ["COMMENTER", "EDITOR", "OWNER"]
            account = await account_of(second)
            await owner.do(
                "removeMember", "RemoveMemberInput", "... on DesignChange { kind }", designId=design, accountId=account
            )
            assert roles(await presence.next()) == ["COMMENTER", "OWNER"]
            while (message := await other.message())["type"] != "error":
                pass
            assert message["payload"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_one_poll_serves_all_who_look_and_leaves_no_mark_behind(api: Api, deps: Deps) -> None:
    owner = await new_customer(api)
    design = key_of("Design", (await new_design(owner))["id"])
    account, channels = key_of("Account", await account_of(owner)), PresenceChannels()
    with channels.enter(deps, design, account) as (channel, phone):
        await phone.wait()
        with channels.enter(deps, design, account) as (same, tablet):
            assert same is channel
            await tablet.wait()
        phone.clear()
        await phone.wait()
        assert [(who.id, role) for who, role in channel.present] == [(account, Role.OWNER)]
        assert len(channels.tasks) == 1
    await asyncio.gather(*channels.tasks)
    assert await deps.stores.presences.present(design, deps.wall()) == []
    assert not channels.tasks


async def test_a_stranger_sees_nobody(api: Api) -> None:
    design = (await new_design(await new_customer(api)))["id"]
    async with (await new_customer(api)).subscribe(PRESENCE, id=design) as presence:
        message = await presence.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
