"""Who is shown lists and clicks on them, as it is kept: a keyed hash of the account, never the account."""

import hashlib
import hmac
from uuid import UUID


class Sources:
    """Names sources; who does not have the key cannot tell whose they are."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of(self, account_id: UUID) -> UUID:
        """Return what stands for an account: always the same."""
        return UUID(bytes=hmac.digest(self._key, account_id.bytes, hashlib.sha256)[:16])
