"""Accounts and sessions as clients see them."""

from datetime import datetime
from typing import Annotated

import strawberry

from app.actions.account import SignedIn
from app.domain.shared.viewer import AccountKind
from app.store.account import Account as StoredAccount
from schema.node import Node, global_id
from schema.refusal import InvalidInput, NotAllowed, NotPossible
from schema.scalars import Locale
from schema.words import vocabulary

vocabulary(
    AccountKind,
    "What kind of party an account belongs to. The list grows: expect unknown values.",
    {
        "CUSTOMER": "A person who designs and orders.",
        "PARTNER": "A retailer, who orders for customers.",
        "FACTORY": "The machines of a factory, which report what happens there.",
        "CARRIER": "The system of a carrier, which reports how units travel.",
        "STAFF": "A member of our staff; an engineer, where the account is bound to a factory.",
    },
)


@strawberry.type(description="A person or a machine that may sign in.")
class Account(Node):
    kind: AccountKind = strawberry.field(description="The kind of party that it belongs to.")
    name: str = strawberry.field(description="The account's name.")
    email: str | None = strawberry.field(
        description="The account's e-mail address; null for machines, and for every account but the viewer's own."
    )
    locale: Locale | None = strawberry.field(
        description="The language that the account prefers; null: none was chosen."
    )

    @classmethod
    def of(cls, account: StoredAccount, viewer: str | None) -> "Account":
        """Map an account; its address is for itself alone."""
        return cls(
            id=global_id("Account", account.id),
            kind=account.kind,
            name=account.name,
            email=account.email if account.id == viewer else None,
            locale=Locale(account.locale) if account.locale else None,
        )


@strawberry.type(description="The tokens of a customer who has signed in.")
class Session:
    access_token: str = strawberry.field(
        description="The access token: send it as `Bearer <token>` in the header Authorization, and in connection_init."
    )
    refresh_token: str = strawberry.field(
        description="The token for refreshSession. It works once: each use answers the next one."
    )
    expires_at: datetime = strawberry.field(description="When the access token expires (wall clock).")
    account: Account = strawberry.field(description="The account that is signed in.")

    @classmethod
    def of(cls, signed_in: SignedIn) -> "Session":
        return cls(
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_at=signed_in.expires_at,
            account=Account.of(signed_in.account, signed_in.account.id),
        )


@strawberry.input(description="What a new customer signs up with.")
class SignUpInput:
    email: str = strawberry.field(description="An e-mail address that has no account yet.")
    password: str = strawberry.field(description="The password: 12 to 128 characters.")
    name: str = strawberry.field(description="The customer's name: 1 to 120 characters.")
    locale: Locale | None = strawberry.field(
        default=None, description="The language to answer in; without it, the one that each request accepts."
    )


@strawberry.input(description="A customer's credentials.")
class SignInInput:
    email: str = strawberry.field(description="The account's e-mail address.")
    password: str = strawberry.field(description="The account's password.")


@strawberry.input(description="The session to renew.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(
        description="The refresh token that was answered last. One that has been used before ends the session."
    )


SignUpResult = Annotated[
    Session | InvalidInput | NotPossible,
    strawberry.union("SignUpResult", description="The session, or why there is none."),
]
SignInResult = Annotated[
    Session | NotAllowed, strawberry.union("SignInResult", description="The session, or why there is none.")
]
RefreshSessionResult = Annotated[
    Session | NotAllowed, strawberry.union("RefreshSessionResult", description="The session, or why there is none.")
]
