"""viewer, signUp, signIn and refreshSession."""

import strawberry

from app.actions.account import refresh_session, sign_in, sign_up
from app.context import Info
from schema.account import (
    Account,
    RefreshSessionInput,
    RefreshSessionResult,
    Session,
    SignInInput,
    SignInResult,
    SignUpInput,
    SignUpResult,
)
from schema.arguments import Input
from schema.refusal import answered


@strawberry.type
class AccountQuery:
    @strawberry.field(description="The account that is signed in; null: nobody is.")
    async def viewer(self, info: Info) -> Account | None:
        viewer, accounts = info.context.viewer, info.context.deps.stores.accounts
        account = await info.context.load(accounts.find_all, viewer.account) if viewer else None
        return Account.of(account, account.id) if account else None


@strawberry.type
class AccountMutation:
    @strawberry.mutation(description="Creates a customer's account and signs in.")
    async def sign_up(self, info: Info, input: Input[SignUpInput]) -> SignUpResult:
        work = sign_up(info.context.deps, input.email, input.password, input.name, input.locale)
        return await answered(work, Session.of)

    @strawberry.mutation(description="Signs a customer in.")
    async def sign_in(self, info: Info, input: Input[SignInInput]) -> SignInResult:
        return await answered(sign_in(info.context.deps, input.email, input.password), Session.of)

    @strawberry.mutation(description="Exchanges a refresh token for the next one and a new access token.")
    async def refresh_session(self, info: Info, input: Input[RefreshSessionInput]) -> RefreshSessionResult:
        return await answered(refresh_session(info.context.deps, input.refresh_token), Session.of)
