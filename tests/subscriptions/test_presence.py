"""designPresence: who is looking at a design just now."""

from tests.client import Api, new_customer, new_design

PRESENCE = "subscription($id: ID!) { designPresence(designId: $id) { role } }"


async def test_who_comes_and_goes_is_seen_by_who_is_there(api: Api) -> None:
    owner, second = await new_customer(api), await new_customer(api)
    design = (await new_design(owner))["id"]
    link = await owner.do(
        "inviteToDesign", "InviteToDesignInput", "... on Invitation { token }", designId=design, role="VIEWER"
    )
    await second.do(
        "acceptInvitation", "AcceptInvitationInput", "... on DesignChange { sequence }", token=link["token"]
    )
    async with owner.subscribe(PRESENCE, id=design) as presence:
        assert (await presence.next())["designPresence"] == [{"role": "OWNER"}]
        async with second.subscribe(PRESENCE, id=design):
            there = (await presence.next())["designPresence"]
            assert sorted(member["role"] for member in there) == ["OWNER", "VIEWER"]
        assert (await presence.next())["designPresence"] == [{"role": "OWNER"}]


async def test_a_stranger_sees_nobody(api: Api) -> None:
    design = (await new_design(await new_customer(api)))["id"]
    async with (await new_customer(api)).subscribe(PRESENCE, id=design) as presence:
        message = await presence.message()
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        assert errors[0]["extensions"]["code"] == "NOT_FOUND"
