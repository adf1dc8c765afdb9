"""Passwords: hashed with Argon2id, in a thread, a bounded number at once."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's parameters: 19 MiB, two passes, one lane. About 20 ms.
_hasher = PasswordHasher(memory_cost=19_456, time_cost=2, parallelism=1)

# Of a random password that nobody kept: what is checked when there is no account.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$jytF9zZRaq0milVqQj0rjg$B4F2FtJ+/JhfJDyAGY9BtE8RyjYON9FGzP8zzY71GrQ"


class Passwords:
    """Hashes and checks passwords; at most `at_once` together, so that logins cannot eat the machine."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._places = asyncio.Semaphore(at_once)

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        async with self._places:
            return await asyncio.to_thread(_hasher.hash, password)

    async def is_right(self, password: str, stored: str | None) -> bool:
        """Whether a password is the stored one; takes as long when there is none stored."""
        async with self._places:
            right = await asyncio.to_thread(_verify, password, stored or _NOBODY)
        return right and stored is not None


def _verify(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False
