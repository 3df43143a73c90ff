"""Passwords: argon2id as OWASP advises (m=19456, t=2, p=1), in an executor of two threads."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.domain.shared.refusal import InvalidInput

LENGTH_MIN, LENGTH_MAX = 12, 128
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_executor = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_UNKNOWN = _hasher.hash("nobody has this password")


def checked_password(password: str) -> str:
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise InvalidInput(f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.", ("password",))
    return password


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_executor, _hasher.hash, password)


async def verify_password(password_hash: str | None, password: str) -> bool:
    """Compare a password; takes as long for an account that is not there."""
    return await asyncio.get_running_loop().run_in_executor(_executor, _verify, password_hash or _UNKNOWN, password)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password) and password_hash != _UNKNOWN
    except (Argon2Error, InvalidHashError):
        return False
