"""The use cases of accounts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ..kernel import jobs
from ..kernel.caller import Caller, Scope
from ..kernel.clock import Clock
from ..kernel.db import Database, Tx
from ..kernel.ids import uuid7
from ..kernel.limits import Allowance, RateLimit, TooManyRequests, limit_key, seconds_until_free, spend
from . import store
from .authentication import Authentication
from .erasure import ERASE_JOB
from .models import Account, ApiKey, TokenPair
from .passwords import Passwords
from .refusals import AccountGone, BadCredentials, BadRefreshToken, EmailTaken, KeyNotFound
from .tokens import TokenSigner, hashed, new_api_key, new_refresh_token, shown_prefix

Registered = Callable[[Tx, UUID], Awaitable[None]]
"""What another domain does in the transaction that makes an account."""


class Accounts:
    """Signing up and in, tokens, and the end of an account."""

    def __init__(
        self,
        db: Database,
        *,
        clock: Clock,
        signer: TokenSigner,
        authentication: Authentication,
        refresh_lifetime: timedelta,
        registered: Sequence[Registered] = (),
    ) -> None:
        self._db = db
        self._clock = clock
        self._signer = signer
        self._authentication = authentication
        self._passwords = Passwords()
        self._refresh_lifetime = refresh_lifetime
        self._registered = registered

    async def register(self, email: str, password: str, *, name: str | None = None) -> TokenPair:
        """Make an account and sign it in; refuses with `EmailTaken`."""
        account = Account(uuid7(), email, name or email.partition("@")[0], "USER", self._clock())
        password_hash = await self._passwords.hash(password)
        async with self._db.transaction() as tx:
            await self._save_new(tx, account, password_hash)
            return await self._sign_in(tx, account)

    async def make_admin(self, email: str, password: str) -> tuple[Account, bool]:
        """Make an administrator, or one of an existing account; return it and whether it is new."""
        password_hash = await self._passwords.hash(password)
        async with self._db.transaction() as tx:
            promoted = await store.promote(tx, email, role="ADMIN", password_hash=password_hash)
            if promoted is not None:
                return promoted, False
            account = Account(uuid7(), email, email.partition("@")[0], "ADMIN", self._clock())
            await self._save_new(tx, account, password_hash)
            return account, True

    async def log_in(self, email: str, password: str) -> TokenPair:
        """Sign in; refuses with `BadCredentials`, in the same time whether or not the account exists."""
        async with self._db.read() as tx:
            found = await store.find_login(tx, email)
        account, password_hash = found or (None, None)
        right = await self._passwords.is_right(password, password_hash)
        if account is None or not right:
            raise BadCredentials
        async with self._db.transaction() as tx:
            return await self._sign_in(tx, account)

    async def refresh(self, refresh_token: str) -> TokenPair:
        """Exchange a refresh token for a new pair. One that was used before revokes its whole family."""
        now = self._clock()
        async with self._db.transaction() as tx:
            used = await store.use_refresh_token(tx, hashed(refresh_token), at=now)
            if used is not None:
                family, account = used
                await store.extend_family(tx, family, expires_at=now + self._refresh_lifetime)
                return await self._pair(tx, account, family)
        # In a transaction of its own: the refusal below must not take the revocation back.
        async with self._db.transaction() as tx:
            await store.revoke_family_of(tx, hashed(refresh_token))
        raise BadRefreshToken

    async def log_out(self, caller: Caller) -> None:
        """Revoke the caller's chain of refresh tokens, and with it the access token."""
        if caller.family is not None:
            async with self._db.transaction() as tx:
                await store.delete_family(tx, caller.family)
        self._authentication.forget(caller.id)

    async def me(self, caller: Caller) -> Account:
        """Return the caller's own account."""
        async with self._db.read() as tx:
            account = await store.find_account(tx, caller.id)
        if account is None:
            raise AccountGone
        return account

    async def erase(self, caller: Caller) -> None:
        """Make the account unusable at once, and promise that everything of it will be removed."""
        now = self._clock()
        async with self._db.transaction() as tx:
            if await store.start_erasure(tx, caller.id, at=now):
                await jobs.enqueue(tx, ERASE_JOB, {"account_id": str(caller.id)}, at=now)
        self._authentication.forget(caller.id)

    async def forget_expired(self) -> None:
        """Remove refresh tokens that nobody can use any more."""
        async with self._db.transaction() as tx:
            await store.delete_expired_families(tx, at=self._clock())

    async def _save_new(self, tx: Tx, account: Account, password_hash: str) -> None:
        if not await store.insert_account(tx, account, password_hash=password_hash):
            raise EmailTaken
        for hook in self._registered:
            await hook(tx, account.id)

    async def _sign_in(self, tx: Tx, account: Account) -> TokenPair:
        family = uuid7()
        expires_at = self._clock() + self._refresh_lifetime
        if not await store.insert_family(tx, family, account.id, expires_at=expires_at):
            raise BadCredentials
        return await self._pair(tx, account, family)

    async def _pair(self, tx: Tx, account: Account, family: UUID) -> TokenPair:
        refresh_token = new_refresh_token()
        await store.insert_refresh_token(tx, hashed(refresh_token), family)
        access_token = self._signer.sign(account.id, account.role, family=family, at=self._clock())
        seconds = int(self._signer.lifetime.total_seconds())
        return TokenPair(access_token, refresh_token, seconds, account)


class ApiKeys:
    """Long-lived credentials for programs."""

    def __init__(self, db: Database, *, clock: Clock, authentication: Authentication) -> None:
        self._db = db
        self._clock = clock
        self._authentication = authentication

    async def create(
        self, caller: Caller, name: str, scopes: Sequence[Scope], *, expires_at: datetime | None
    ) -> tuple[ApiKey, str]:
        """Make a key; return it and its secret, which cannot be shown again."""
        secret = new_api_key()
        key = ApiKey(
            id=uuid7(),
            account_id=caller.id,
            name=name,
            scopes=tuple(scopes),
            prefix=shown_prefix(secret),
            created_at=self._clock(),
            expires_at=expires_at,
            last_used_at=None,
        )
        async with self._db.transaction() as tx:
            if not await store.insert_api_key(tx, key, key_hash=hashed(secret)):
                raise AccountGone
        return key, secret

    async def list(self, caller: Caller) -> list[ApiKey]:
        """Return all keys of the caller, newest first."""
        async with self._db.read() as tx:
            return await store.list_api_keys(tx, caller.id)

    async def delete(self, caller: Caller, key_id: UUID) -> None:
        """Revoke a key; refuses with `KeyNotFound`."""
        async with self._db.transaction() as tx:
            if not await store.delete_api_key(tx, key_id, caller.id):
                raise KeyNotFound
        self._authentication.forget(caller.id)


class SignInLimit:
    """How often one address may try to register, and to sign in."""

    def __init__(self, db: Database, *, clock: Clock, limit: RateLimit, secret: bytes) -> None:
        self._db = db
        self._clock = clock
        self._limit = limit
        self._secret = secret

    async def spend(self, policy: str, address: str) -> Allowance:
        """Count a try; refuses with `TooManyRequests`. Holds across all processes."""
        now = self._clock()
        key = limit_key(self._secret, policy, address)
        async with self._db.read() as tx:
            allowance = await spend(tx, key, self._limit, at=now)
            if allowance is None:
                wait = await seconds_until_free(tx, key, self._limit, at=now)
                raise TooManyRequests(Allowance(self._limit, 0, wait), policy)
        return allowance
