"""Who makes a request."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Role = Literal["USER", "ADMIN"]
Scope = Literal["read", "write", "account"]

ALL_SCOPES: frozenset[Scope] = frozenset({"read", "write", "account"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An account that makes a request, and what its credential allows.

    `family` is the chain of refresh tokens that an access token belongs to, `key_id` the API key;
    exactly one of them is set.
    """

    id: UUID
    role: Role
    scopes: frozenset[Scope] = ALL_SCOPES
    family: UUID | None = None
    key_id: UUID | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the account has the role ADMIN."""
        return self.role == "ADMIN"
