"""signUp, signIn and refreshSession: how a customer becomes a viewer."""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.auth.password import checked_password, hash_password, verify_password
from app.auth.refresh import family_of, hash_token, new_token, successor
from app.auth.token import issue_token
from app.deps import Deps
from app.domain.shared.refusal import InvalidInput, NotAllowed, NotPossible, RefusalCode
from app.domain.shared.viewer import AccountKind
from app.store.account import Account, EmailTaken, Family

EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f.]+(\.[^@\s\x00-\x1f.]+)+")
EMAIL_LENGTH_MAX = 254
NAME_LENGTH_MAX = 120


@dataclass(frozen=True)
class SignedIn:
    account: Account
    access_token: str
    refresh_token: str
    expires_at: datetime


def checked_email(email: str) -> str:
    """Trim an e-mail address and make it lower case; raises InvalidInput where it is none."""
    email = email.strip()
    if len(email) > EMAIL_LENGTH_MAX or not EMAIL.fullmatch(email):
        raise InvalidInput("This is not an e-mail address.", ("email",))
    return email.lower()


async def sign_up(deps: Deps, email: str, password: str, name: str, locale: str | None) -> SignedIn:
    """Make a customer's account and its first session. Refused where the address has an account."""
    address = checked_email(email)
    checked_password(password)
    if not 1 <= len(name.strip()) <= NAME_LENGTH_MAX:
        raise InvalidInput(f"A name has 1 to {NAME_LENGTH_MAX} characters.", ("name",))
    account = Account(
        id=secrets.token_hex(12),
        kind=AccountKind.CUSTOMER,
        name=name.strip(),
        created_at=deps.wall(),
        email=address,
        locale=locale,
        password_hash=await hash_password(password),
    )
    try:
        await deps.stores.accounts.insert(account)
    except EmailTaken as error:
        message = "An account with this e-mail address is there already."
        raise NotPossible(RefusalCode.CONFLICT, message, ("email",)) from error
    return await _open_session(deps, account)


async def sign_in(deps: Deps, email: str, password: str) -> SignedIn:
    """Open a session. A wrong address and a wrong password are one answer, after the same time."""
    account = await deps.stores.accounts.find_by_email(email.strip().lower()[: EMAIL_LENGTH_MAX + 1])
    password_hash = account.password_hash if account else None
    if not await verify_password(password_hash, password[:1024]) or account is None:
        raise NotAllowed("The e-mail address or the password is wrong.")
    return await _open_session(deps, account)


async def _open_session(deps: Deps, account: Account) -> SignedIn:
    family, token = new_token()
    wall = deps.wall()
    await deps.stores.sessions.insert(Family(family, account.id, hash_token(token), wall, wall))
    return _signed_in(deps, account, token)


def _signed_in(deps: Deps, account: Account, refresh_token: str) -> SignedIn:
    seconds = deps.settings.access_token_seconds
    session = family_of(refresh_token)
    token, expires_at = issue_token(deps.keys, deps.settings, account, seconds, deps.wall(), session)
    return SignedIn(account, token, refresh_token, expires_at)


async def refresh_session(deps: Deps, refresh_token: str) -> SignedIn:
    """Exchange a refresh token for its successor and a new access token.

    The token before is answered with the same successor for 30 s, in case the reply was lost; later it is taken for
    stolen and its whole family is revoked.
    """
    refused = NotAllowed("The session is over: sign in again.", ("refreshToken",))
    family = await deps.stores.sessions.find(family_of(refresh_token))
    if family is None or family.revoked_at is not None or _too_old(deps, family):
        raise refused
    used_hash = hash_token(refresh_token)
    following = successor(deps.keys.refresh_secret, refresh_token)
    if used_hash == family.current_hash:
        if not await deps.stores.sessions.rotate(family.id, used_hash, hash_token(following), deps.wall()):
            return await refresh_session(deps, refresh_token)  # another request was first: see what it left
    elif used_hash != family.previous_hash or not _in_grace(deps, family):
        await deps.stores.sessions.revoke(family.id, deps.wall())
        raise refused
    account = await deps.stores.accounts.find(family.account)
    if account is None:
        raise refused
    return _signed_in(deps, account, following)


def _too_old(deps: Deps, family: Family) -> bool:
    idle, absolute = deps.settings.refresh_idle_days, deps.settings.refresh_absolute_days
    wall = deps.wall()
    return wall > family.used_at + timedelta(days=idle) or wall > family.started_at + timedelta(days=absolute)


def _in_grace(deps: Deps, family: Family) -> bool:
    return deps.wall() <= family.used_at + timedelta(seconds=deps.settings.refresh_grace_seconds)
