"""Access tokens for machines, partners and staff, as the command line gives them out."""

from app.auth.token import issue_token
from app.deps import Deps
from app.domain.shared.refusal import InvalidInput
from app.domain.shared.viewer import AccountKind
from app.store.account import Account


async def machine_token(
    deps: Deps, kind: AccountKind, factory: str | None = None, carrier: str | None = None, name: str | None = None
) -> str:
    """Give out a token of 12 hours for a factory, carrier, partner or member of staff, and keep its account."""
    account = _account(deps, kind, factory, carrier, name)
    await deps.stores.accounts.keep(account)
    token, _ = issue_token(deps.keys, deps.settings, account, deps.settings.machine_token_seconds, deps.wall())
    return token


async def customer_token(deps: Deps, email: str) -> str:
    """Give out a token of 12 hours for a customer who has signed up, to try things with."""
    account = await deps.stores.accounts.find_by_email(email.strip().lower())
    if account is None:
        raise InvalidInput(f"No customer has signed up as {email}.")
    token, _ = issue_token(deps.keys, deps.settings, account, deps.settings.machine_token_seconds, deps.wall())
    return token


def _account(deps: Deps, kind: AccountKind, factory: str | None, carrier: str | None, name: str | None) -> Account:
    catalogue = deps.catalogue
    if kind == AccountKind.CUSTOMER:
        raise InvalidInput("Customers sign up; give --email to get a token for one who has.")
    if factory is not None and factory not in catalogue.factory:
        raise InvalidInput(f"There is no factory {factory}; there are {', '.join(catalogue.factory)}.")
    if kind == AccountKind.FACTORY and factory is None:
        raise InvalidInput(f"Give --factory: one of {', '.join(catalogue.factory)}.")
    carriers = [known.code for known in catalogue.carriers]
    if kind == AccountKind.CARRIER and carrier is None:
        raise InvalidInput(f"Give --carrier: one of {', '.join(carriers)}.")
    if carrier is not None and carrier not in carriers:
        raise InvalidInput(f"There is no carrier {carrier}; there are {', '.join(carriers)}.")
    bound = factory if kind in (AccountKind.FACTORY, AccountKind.STAFF) else None
    hauls = carrier if kind == AccountKind.CARRIER else None
    label = name or bound or hauls or "demo"
    return Account(
        id=f"{kind.value.lower()}-{label.lower()}",
        kind=kind,
        name=label,
        created_at=deps.wall(),
        factory=bound,
        carrier=hauls,
    )
