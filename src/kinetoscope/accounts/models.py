"""The nouns of accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..kernel.caller import Role, Scope


@dataclass(frozen=True, slots=True)
class Account:
    """A person who uses the platform."""

    id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What signing in gives: a short-lived access token and the means to get the next."""

    access_token: str
    refresh_token: str
    expires_in: int
    account: Account


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A long-lived credential; its secret is shown once and stored only as a hash."""

    id: UUID
    account_id: UUID
    name: str
    scopes: tuple[Scope, ...]
    prefix: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


JsonWebKey = Mapping[str, str]
"""A public key as RFC 7517 and RFC 8037 write it."""
