"""Accounts over HTTP."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from ..http.declare import Access, MalformedJson, declare
from ..http.gate import gated_router
from ..http.limits import PublicWrite
from ..http.request import SignedIn, limited_source, provided
from .refusals import AccountGone, BadCredentials, BadRefreshToken, EmailTaken, KeyNotFound
from .schemas import (
    CreatedKey,
    JsonWebKeySet,
    Key,
    Keys,
    Login,
    NewApiKey,
    Refresh,
    Registration,
    Tokens,
    User,
)
from .service import Accounts, ApiKeys, SignInLimit
from .tokens import TokenSigner

auth = gated_router(prefix="/api/v1/auth", tags=["accounts"])
api_keys = gated_router(prefix="/api/v1/api-keys", tags=["accounts"])
well_known = gated_router(tags=["accounts"])

AccountsService = Annotated[Accounts, Depends(provided(Accounts))]
ApiKeysService = Annotated[ApiKeys, Depends(provided(ApiKeys))]
Signer = Annotated[TokenSigner, Depends(provided(TokenSigner))]
Limit = Annotated[SignInLimit, Depends(provided(SignInLimit))]

_FORM = "application/x-www-form-urlencoded"
_LOGIN_BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": Login.model_json_schema()},
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["username", "password"],
                    "properties": {
                        "username": {"type": "string", "maxLength": 254},
                        "password": {"type": "string", "maxLength": 1024},
                    },
                }
            },
        },
    }
}


@auth.post("/register", status_code=201, **declare(Access.ANYONE, EmailTaken, limited=True))
async def register(
    request: Request, response: Response, body: Registration, accounts: AccountsService, limit: Limit
) -> Tokens:
    """Sign up: make an account with a project `default`, and sign it in."""
    allowance = await limit.spend("register", limited_source(request))
    response.headers.update(allowance.headers("register"))
    response.headers["Location"] = "/api/v1/auth/me"
    return Tokens.of(await accounts.register(body.email, body.password, name=body.name))


async def _login(request: Request) -> Login:
    """Read a login from JSON, or from the form of OAuth 2's password grant."""
    if request.headers.get("content-type", "").startswith(_FORM):
        form = await request.form()
        fields: object = {"email": form.get("username"), "password": form.get("password")}
    else:
        try:
            fields = msgspec.json.decode(await request.body())
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJson from error
    try:
        return Login.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False)
        raise RequestValidationError(
            [fault | {"loc": ("body", *fault["loc"])} for fault in faults]
        ) from error


_LOGIN = declare(Access.ANYONE, BadCredentials, body=f"application/json,{_FORM}", limited=True)
_LOGIN["openapi_extra"] |= _LOGIN_BODIES


@auth.post("/login", **_LOGIN)
async def log_in(
    request: Request,
    response: Response,
    login: Annotated[Login, Depends(_login)],
    accounts: AccountsService,
    limit: Limit,
) -> Tokens:
    """Sign in, with JSON `{email, password}` or the form `username, password`."""
    allowance = await limit.spend("login", limited_source(request))
    response.headers.update(allowance.headers("login"))
    return Tokens.of(await accounts.log_in(login.email, login.password))


@auth.post("/refresh", **declare(Access.ANYONE, BadRefreshToken, limited=True))
async def refresh(body: Refresh, accounts: AccountsService, _: PublicWrite) -> Tokens:
    """Exchange a refresh token for a new pair. One used twice revokes all that came from its sign-in."""
    return Tokens.of(await accounts.refresh(body.refresh_token))


@auth.post("/logout", status_code=204, **declare(Access.SIGNED_IN))
async def log_out(caller: SignedIn, accounts: AccountsService) -> None:
    """Sign out: this access token and its refresh tokens stop working."""
    await accounts.log_out(caller)


@auth.get("/me", **declare(Access.SIGNED_IN, AccountGone))
async def me(caller: SignedIn, accounts: AccountsService) -> User:
    """Return the caller's own account."""
    return User.of(await accounts.me(caller))


@auth.delete("/me", status_code=202, **declare(Access.ACCOUNT))
async def erase(caller: SignedIn, accounts: AccountsService) -> Response:
    """Erase the account and everything of it. It is unusable at once; the rest follows within moments."""
    await accounts.erase(caller)
    return Response(status_code=202)


@api_keys.post("", status_code=201, **declare(Access.ACCOUNT, AccountGone))
async def create_api_key(
    body: NewApiKey, response: Response, caller: SignedIn, keys: ApiKeysService
) -> CreatedKey:
    """Make an API key. Its secret is shown this once."""
    scopes = sorted(set(body.scopes))
    key, secret = await keys.create(caller, body.name, scopes, expires_at=body.expires_at)
    response.headers["Location"] = f"/api/v1/api-keys/{key.id}"
    return CreatedKey.with_secret(key, secret)


@api_keys.get("", **declare(Access.SIGNED_IN))
async def list_api_keys(caller: SignedIn, keys: ApiKeysService) -> Keys:
    """Return all API keys of the caller, newest first, without their secrets."""
    found = [Key.of(key) for key in await keys.list(caller)]
    return Keys(api_keys=found, total=len(found))


@api_keys.delete("/{key_id}", status_code=204, **declare(Access.ACCOUNT, KeyNotFound))
async def delete_api_key(key_id: UUID, caller: SignedIn, keys: ApiKeysService) -> None:
    """Revoke an API key; it stops working within a second on every machine."""
    await keys.delete(caller, key_id)


@well_known.get("/.well-known/jwks.json", **declare(Access.ANYONE))
async def jwks(response: Response, signer: Signer) -> JsonWebKeySet:
    """Return the public keys that verify our access tokens; two of them during a rotation."""
    response.headers["Cache-Control"] = "public, max-age=300"
    return JsonWebKeySet(keys=[dict(key) for key in signer.public_keys()])
