"""The people of a design, shown to those who take part in it, and the ways into it."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

import strawberry

from app.actions.access import role_in
from app.actions.invite import Invited
from app.context import Info
from app.domain.design import design as domain
from app.domain.design.design import Role
from app.store.design import Invitation as StoredInvitation
from app.store.paging import Page
from schema.account import Account
from schema.catalogue import Model
from schema.connection import Connection, connection
from schema.node import Node, global_id
from schema.words import vocabulary

vocabulary(
    Role,
    "What somebody may do with a design. Each role includes those before it. The list grows: expect unknown values.",
    {
        "VIEWER": "May see the design and everything in it.",
        "COMMENTER": "May comment, propose changes and vote. Engineers have this role in designs that were opened to "
        "the factory.",
        "EDITOR": "May revise the design.",
        "OWNER": "May invite people, accept proposals, open the design to the factory and publish it.",
    },
)


async def person(info: Info, rights: domain.Design, id: str) -> Account | None:
    """Load one of a design's people for somebody who takes part in it; to everybody else they are null."""
    viewer = info.context.viewer
    if viewer is None or role_in(info.context.deps, viewer, rights) is None:
        return None
    account = await info.context.load(info.context.deps.stores.accounts.find_all, id)
    return Account.of(account, viewer.account) if account else None


async def people(info: Info, rights: domain.Design, ids: Iterable[str]) -> dict[str, Account]:
    """Load several of them at once."""
    wanted = list(ids)
    found = await asyncio.gather(*(person(info, rights, id) for id in wanted))
    return {id: account for id, account in zip(wanted, found, strict=True) if account is not None}


@strawberry.type(description="Somebody who takes part in a design.")
class Member:
    account: Account = strawberry.field(description="The member's account.")
    role: Role = strawberry.field(description="The member's role.")


@strawberry.type(
    description="An invitation to take part in a design, until it expires or is revoked. The design's owner sees "
    "it, the account with its e-mail address, and whoever has its link."
)
class Invitation(Node):
    invitation: strawberry.Private[StoredInvitation]
    design_id: strawberry.ID = strawberry.field(description="The id of the design.")
    role: Role = strawberry.field(description="The role of whoever accepts the invitation.")
    email: str | None = strawberry.field(
        description="The e-mail address that is invited; null: the invitation is a link, for whoever has it."
    )
    token: str | None = strawberry.field(
        description="The token of the link. It is shown once, to whoever made the invitation; later it is null."
    )
    created_at: datetime = strawberry.field(description="When the invitation was made (wall clock).")
    expires_at: datetime = strawberry.field(description="Until when the invitation is valid (wall clock).")
    revoked_at: datetime | None = strawberry.field(
        description="When the invitation was revoked (wall clock); null: it was not."
    )

    @classmethod
    def of(cls, invited: Invited) -> "Invitation":
        invitation = invited.invitation
        return cls(
            id=global_id("Invitation", invitation.id),
            invitation=invitation,
            design_id=global_id("Design", invitation.design),
            role=invitation.role,
            email=invitation.email,
            token=invited.token,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            revoked_at=invitation.revoked_at,
        )

    @strawberry.field(description="The name of whoever invites; null: the account is gone.")
    async def inviter_name(self, info: Info) -> str | None:
        inviter = await info.context.load(info.context.deps.stores.accounts.find_all, self.invitation.by)
        return inviter.name if inviter else None

    async def _design(self, info: Info) -> domain.Design | None:
        """Load the design as lists know it: whoever sees the invitation may know what it leads to."""
        return await info.context.load(info.context.deps.stores.designs.find_all, self.invitation.design)

    @strawberry.field(description="The title of the design.")
    async def design_title(self, info: Info) -> str | None:
        design = await self._design(info)
        return design.title if design else None

    @strawberry.field(description="The model that is being configured.")
    async def model(self, info: Info) -> Model | None:
        deps, design = info.context.deps, await self._design(info)
        return Model.of(deps.edition(design.model), deps.catalogue) if design else None

    @strawberry.field(description="Whether the invitation can still be accepted.")
    def open(self, info: Info) -> bool:
        return self.invitation.is_open(info.context.deps.wall())

    @strawberry.field(
        description="The accounts that accepted the invitation, in this order; empty for everybody but whoever made it."
    )
    async def accepted_by(self, info: Info) -> list[Account]:
        viewer = info.context.viewer.account if info.context.viewer else None
        if viewer is None or self.invitation.by != viewer:
            return []
        came = sorted(self.invitation.accepted.items(), key=lambda entry: entry[1])
        accounts = info.context.deps.stores.accounts
        found = await info.context.load_many(accounts.find_all, [account for account, _ in came])
        return [Account.of(account, viewer) for account in found]


def invitation_page(page: Page, found: Sequence[Invited]) -> Connection[Invitation]:
    return connection(page, found, Invitation.of, lambda i: (i.invitation.created_at, i.invitation.id))
