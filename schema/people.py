"""The people of a design, shown to those who take part in it."""

import strawberry

from app.actions.design import role_in
from app.context import Info
from app.domain import design as domain
from app.domain.design import Role
from schema.account import Account
from schema.words import vocabulary

vocabulary(
    Role,
    "What somebody may do with a design; each may what those before it may. The list grows.",
    {
        "VIEWER": "See it, and everything in it.",
        "COMMENTER": "Comment, propose and vote. An engineer's role in a design that was opened to the factory.",
        "EDITOR": "Revise it.",
        "OWNER": "Invite, accept proposals, open, publish.",
    },
)


async def person(info: Info, rights: domain.Design, id: str) -> Account | None:
    """Load one of a design's people for somebody who takes part in it; to everybody else they are null."""
    viewer = info.context.viewer
    if viewer is None or role_in(info.context.world, viewer, rights) is None:
        return None
    account = await info.context.accounts.load(id)
    return Account.of(account, viewer.account) if account else None


@strawberry.type(description="Somebody who takes part in a design.")
class Member:
    account: Account = strawberry.field(description="Who.")
    role: Role = strawberry.field(description="What they may do.")
