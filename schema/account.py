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
    "Who somebody is to us. The list grows: expect unknown values.",
    {
        "CUSTOMER": "A person who designs and orders.",
        "PARTNER": "A retailer.",
        "FACTORY": "A plant's machines.",
        "CARRIER": "A haulier's system.",
        "STAFF": "A person of ours, an engineer where bound to a factory.",
    },
)


@strawberry.type(description="A person or a machine that may sign in.")
class Account(Node):
    kind: AccountKind = strawberry.field(description="Who it is to us.")
    name: str = strawberry.field(description="Its name.")
    email: str | None = strawberry.field(description="Its address; null for machines and for everybody else's account.")
    locale: Locale | None = strawberry.field(description="Its language.")

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


@strawberry.type(description="A customer who is signed in.")
class Session:
    access_token: str = strawberry.field(description="For Authorization and connection_init: Bearer <token>.")
    refresh_token: str = strawberry.field(description="For refreshSession, once: each use answers the next one.")
    expires_at: datetime = strawberry.field(description="When the access token expires (wall clock).")
    account: Account = strawberry.field(description="Who is signed in.")

    @classmethod
    def of(cls, signed_in: SignedIn) -> "Session":
        return cls(
            access_token=signed_in.access_token,
            refresh_token=signed_in.refresh_token,
            expires_at=signed_in.expires_at,
            account=Account.of(signed_in.account, signed_in.account.id),
        )


@strawberry.input(description="A new customer.")
class SignUpInput:
    email: str = strawberry.field(description="An address that has no account yet.")
    password: str = strawberry.field(description="12 to 128 characters.")
    name: str = strawberry.field(description="1 to 120 characters.")
    locale: Locale | None = strawberry.field(default=None, description="The language to answer in.")


@strawberry.input(description="A customer's credentials.")
class SignInInput:
    email: str = strawberry.field(description="The account's address.")
    password: str = strawberry.field(description="Its password.")


@strawberry.input(description="A session to go on with.")
class RefreshSessionInput:
    refresh_token: str = strawberry.field(description="The last one answered; a used one ends the session.")


SignUpResult = Annotated[
    Session | InvalidInput | NotPossible, strawberry.union("SignUpResult", description="A session, or why not.")
]
SignInResult = Annotated[Session | NotAllowed, strawberry.union("SignInResult", description="A session, or why not.")]
RefreshSessionResult = Annotated[
    Session | NotAllowed, strawberry.union("RefreshSessionResult", description="A session, or why not.")
]
