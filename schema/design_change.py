"""The journal of a design as clients see it: what each change was, and who made it."""

from datetime import datetime
from typing import Self

import strawberry

from app.context import Info
from app.domain.design import design as domain
from app.domain.design.design import DesignChangeKind
from schema.account import Account
from schema.people import Member, person
from schema.proposal import Comment, Proposal
from schema.revision import RevisionComparison, changed_by
from schema.words import vocabulary

vocabulary(
    DesignChangeKind,
    "What happened to a design. The list grows: expect unknown values.",
    {
        "STARTED": "The design was started with its first revision.",
        "REVISED": "The design was revised.",
        "RESTORED": "An old revision was restored as the next one.",
        "JOINED": "Somebody joined the design.",
        "ROLE_CHANGED": "A member was given another role.",
        "LEFT": "A member left the design, or was removed from it.",
        "OPENED": "The design was opened to the factory's engineers.",
        "CLOSED": "The design was closed to the factory's engineers.",
        "PUBLISHED": "The design was published in the gallery, or published again with another revision or title.",
        "WITHDRAWN": "The design was withdrawn from the gallery.",
        "COMMENTED": "Somebody commented on the design.",
        "PROPOSED": "Somebody proposed changes of the design.",
        "VOTED": "Somebody voted on a proposal.",
        "ACCEPTED": "A proposal was accepted. It made a new revision, unless the design had these options already.",
        "DECLINED": "A proposal was declined.",
    },
)


@strawberry.type
class DesignChangeFields:
    """What a change of a design says of itself."""

    change: strawberry.Private[domain.DesignChange]
    rights: strawberry.Private[domain.Design]
    sequence: int = strawberry.field(
        description="The number of the entry: 1, 2, 3 … Send the last one that was seen as `after`."
    )
    kind: DesignChangeKind = strawberry.field(description="What kind of change it is.")
    occurred_at: datetime = strawberry.field(description="When the change was made.")
    revision: int | None = strawberry.field(
        description="The number of the revision that the change made; null: it made none."
    )

    @classmethod
    def of(cls, change: domain.DesignChange, rights: domain.Design | None = None) -> Self:
        rights = rights or change.state
        return cls(
            change=change,
            rights=rights,
            sequence=change.sequence,
            kind=change.kind,
            occurred_at=change.occurred_at,
            revision=change.revision,
        )

    @strawberry.field(
        description="What differs from the revision before; null: the change made no revision, or the first one."
    )
    async def changed(self, info: Info) -> RevisionComparison | None:
        return await changed_by(info, self.change.state, self.rights) if self.revision is not None else None

    @strawberry.field(description="Who made the change; null for everybody who does not take part in the design.")
    async def author(self, info: Info) -> Account | None:
        return await person(info, self.rights, self.change.author)

    @strawberry.field(description="The comment that was made; null: it is another kind of change.")
    def comment(self) -> Comment | None:
        return Comment.of(self.change, self.change.comment, self.rights) if self.change.comment else None

    @strawberry.field(
        description="The proposal that was made, voted on or settled, as it was then; null: it is another kind of "
        "change."
    )
    def proposal(self) -> Proposal | None:
        return Proposal.of_change(self.change, self.rights)

    @strawberry.field(
        description="The member who joined, got another role or left, with the role that they had then; null: it is "
        "another kind of change, or the viewer does not take part in the design."
    )
    async def member(self, info: Info) -> Member | None:
        about = self.change.member
        account = await person(info, self.rights, about.account) if about else None
        return Member(account=account, role=about.role) if account and about else None
