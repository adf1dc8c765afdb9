"""The JSON of accounts."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from ..http.values import Email, Instant, Name, Password
from ..kernel.caller import Role, Scope
from .models import Account, ApiKey, TokenPair

AnyPassword = Annotated[str, StringConstraints(max_length=1024)]
AnyToken = Annotated[str, StringConstraints(max_length=512)]


class Registration(BaseModel):
    """What a person signs up with."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"email": "alice@example.org", "password": "correct horse battery", "name": "Alice"}]
        }
    )

    email: Email
    password: Password
    name: Name | None = Field(None, description="Shown as the author of videos; by default from the e-mail")


class Login(BaseModel):
    """What a person signs in with."""

    email: Annotated[str, StringConstraints(max_length=254, pattern=r"^[^\x00]*$")]
    password: AnyPassword


class Refresh(BaseModel):
    """A refresh token to exchange."""

    refresh_token: AnyToken


class User(BaseModel):
    """A person's own account."""

    id: UUID
    email: str
    name: str
    role: Role
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> "User":
        """Return an account as JSON shows it."""
        return cls.model_validate(account, from_attributes=True)


class Tokens(BaseModel):
    """What signing in gives."""

    access_token: str = Field(description="Send it as Authorization: Bearer; a JWT, EdDSA")
    refresh_token: str = Field(description="Exchange it once at /auth/refresh for a new pair")
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - RFC 6750's word, not a secret
    expires_in: int = Field(description="Seconds until the access token expires")
    user: User

    @classmethod
    def of(cls, pair: TokenPair) -> "Tokens":
        """Return a pair of tokens as JSON shows it."""
        return cls(
            access_token=pair.access_token,
            refresh_token=pair.refresh_token,
            expires_in=pair.expires_in,
            user=User.of(pair.account),
        )


class NewApiKey(BaseModel):
    """What a key is made with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "nightly import", "scopes": ["read"]}]}
    )

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)] = Field(
        default=["read", "write"],
        description="`read` for GET, `write` for all else, `account` for keys and erasing the account",
    )
    expires_at: Instant | None = Field(None, description="When it stops working; by default never")


class Key(BaseModel):
    """An API key, without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="The beginning of the key, to tell it from others")
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None

    @classmethod
    def of(cls, key: ApiKey) -> "Key":
        """Return a key as JSON shows it."""
        return cls.model_validate(key, from_attributes=True)


class CreatedKey(Key):
    """A new API key with its secret, which is shown this once."""

    key: str = Field(examples=["sk_4fT0pZq1…"])

    @classmethod
    def with_secret(cls, key: ApiKey, secret: str) -> "CreatedKey":
        """Return a new key as JSON shows it."""
        return cls(**Key.of(key).model_dump(), key=secret)


class Keys(BaseModel):
    """All keys of the caller."""

    api_keys: list[Key]
    total: int


class JsonWebKeySet(BaseModel):
    """The public keys that verify our access tokens (RFC 7517)."""

    keys: list[dict[str, str]]
