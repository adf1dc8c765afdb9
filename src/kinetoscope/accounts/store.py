"""Accounts, refresh tokens and API keys in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from ..kernel.caller import Role
from ..kernel.db import Record, Tx
from .models import Account, ApiKey
from .refusals import AccountGone

_KEY_USE_NOTED_EVERY = timedelta(minutes=1)


async def insert_account(tx: Tx, account: Account, *, password_hash: str) -> bool:
    """Save a new account; False if its e-mail address is taken."""
    return bool(
        await tx.execute(
            """
            INSERT INTO accounts (id, email, email_key, name, role, password_hash, created_at)
            VALUES ($1, $2, lower($2), $3, $4, $5, $6)
                ON CONFLICT (email_key) DO NOTHING
            """,
            account.id,
            account.email,
            account.name,
            account.role,
            password_hash,
            account.created_at,
        )
    )


async def find_login(tx: Tx, email: str) -> tuple[Account, str] | None:
    """Return the account with this e-mail address and its password's hash."""
    row = await tx.fetch_one(
        """
        SELECT id, email, name, role, created_at, password_hash
          FROM accounts WHERE email_key = lower($1) AND erased_at IS NULL
        """,
        email,
    )
    return (_account(row), row["password_hash"]) if row else None


async def find_account(tx: Tx, account_id: UUID) -> Account | None:
    """Return an account that has not been erased."""
    row = await tx.fetch_one(
        "SELECT id, email, name, role, created_at FROM accounts WHERE id = $1 AND erased_at IS NULL",
        account_id,
    )
    return _account(row) if row else None


async def require_author(tx: Tx, account_id: UUID) -> str:
    """Return the name under which an account publishes; refuses with `AccountGone`.

    The account cannot be erased before this transaction ends.
    """
    name: str | None = await tx.fetch_value(
        "SELECT name FROM accounts WHERE id = $1 AND erased_at IS NULL FOR KEY SHARE", account_id
    )
    if name is None:
        raise AccountGone
    return name


async def promote(tx: Tx, email: str, *, role: Role, password_hash: str) -> Account | None:
    """Give an existing account a role and a password; None if there is no such account."""
    row = await tx.fetch_one(
        """
        UPDATE accounts SET role = $2, password_hash = $3
         WHERE email_key = lower($1) AND erased_at IS NULL
        RETURNING id, email, name, role, created_at
        """,
        email,
        role,
        password_hash,
    )
    return _account(row) if row else None


async def start_erasure(tx: Tx, account_id: UUID, *, at: datetime) -> bool:
    """Make an account unusable at once and forget who it was; False if it already is."""
    erased = await tx.execute(
        """
        UPDATE accounts
           SET erased_at = $2, email = '', email_key = id::text, name = '', password_hash = ''
         WHERE id = $1 AND erased_at IS NULL
        """,
        account_id,
        at,
    )
    await tx.execute("DELETE FROM refresh_families WHERE account_id = $1", account_id)
    await tx.execute("DELETE FROM api_keys WHERE account_id = $1", account_id)
    return bool(erased)


async def delete_account(tx: Tx, account_id: UUID) -> None:
    """Remove the last row of an account whose things are all gone."""
    await tx.execute("DELETE FROM accounts WHERE id = $1 AND erased_at IS NOT NULL", account_id)


async def insert_family(tx: Tx, family: UUID, account_id: UUID, *, expires_at: datetime) -> bool:
    """Begin a chain of refresh tokens; False if the account has just been erased."""
    return bool(
        await tx.execute(
            """
            INSERT INTO refresh_families (id, account_id, expires_at)
            SELECT $1, id, $3 FROM accounts WHERE id = $2 AND erased_at IS NULL FOR KEY SHARE
            """,
            family,
            account_id,
            expires_at,
        )
    )


async def insert_refresh_token(tx: Tx, token_hash: bytes, family: UUID) -> None:
    """Save the newest token of a family."""
    await tx.execute("INSERT INTO refresh_tokens (token_hash, family_id) VALUES ($1, $2)", token_hash, family)


async def use_refresh_token(tx: Tx, token_hash: bytes, *, at: datetime) -> tuple[UUID, Account] | None:
    """Use a token up and return its family and account; None if it is unknown, expired or used.

    One statement, so that of two requests with the same token one succeeds.
    """
    row = await tx.fetch_one(
        """
        UPDATE refresh_tokens t SET used_at = $2
          FROM refresh_families f JOIN accounts a ON a.id = f.account_id
         WHERE t.token_hash = $1 AND t.used_at IS NULL
           AND f.id = t.family_id AND f.expires_at > $2 AND a.erased_at IS NULL
        RETURNING f.id AS family, a.id, a.email, a.name, a.role, a.created_at
        """,
        token_hash,
        at,
    )
    return (row["family"], _account(row)) if row else None


async def revoke_family_of(tx: Tx, token_hash: bytes) -> bool:
    """Revoke the whole family of a token that was used twice: one of its holders is a thief (RFC 9700)."""
    return bool(
        await tx.execute(
            """
            DELETE FROM refresh_families
             WHERE id = (SELECT family_id FROM refresh_tokens WHERE token_hash = $1 AND used_at IS NOT NULL)
            """,
            token_hash,
        )
    )


async def extend_family(tx: Tx, family: UUID, *, expires_at: datetime) -> None:
    """Let a family live on from its newest token."""
    await tx.execute("UPDATE refresh_families SET expires_at = $2 WHERE id = $1", family, expires_at)


async def delete_family(tx: Tx, family: UUID) -> None:
    """Revoke a chain of refresh tokens."""
    await tx.execute("DELETE FROM refresh_families WHERE id = $1", family)


async def delete_expired_families(tx: Tx, *, at: datetime) -> int:
    """Remove chains whose last token has expired; return how many."""
    return await tx.execute("DELETE FROM refresh_families WHERE expires_at < $1", at)


async def standing_families(tx: Tx, families: Sequence[UUID]) -> dict[UUID, Role]:
    """Return those families that stand, with the present role of their account."""
    rows = await tx.fetch(
        """
        SELECT f.id, a.role FROM refresh_families f JOIN accounts a ON a.id = f.account_id
         WHERE f.id = ANY($1) AND a.erased_at IS NULL
        """,
        list(families),
    )
    return {row["id"]: row["role"] for row in rows}


async def insert_api_key(tx: Tx, key: ApiKey, *, key_hash: bytes) -> bool:
    """Save a new key; False if the account has just been erased."""
    return bool(
        await tx.execute(
            """
            INSERT INTO api_keys (id, account_id, name, key_hash, prefix, scopes, created_at, expires_at)
            SELECT $1, id, $3, $4, $5, $6, $7, $8
              FROM accounts WHERE id = $2 AND erased_at IS NULL FOR KEY SHARE
            """,
            key.id,
            key.account_id,
            key.name,
            key_hash,
            key.prefix,
            list(key.scopes),
            key.created_at,
            key.expires_at,
        )
    )


async def list_api_keys(tx: Tx, account_id: UUID) -> list[ApiKey]:
    """Return all keys of an account, newest first."""
    rows = await tx.fetch(
        """
        SELECT id, account_id, name, scopes, prefix, created_at, expires_at, last_used_at
          FROM api_keys WHERE account_id = $1 ORDER BY created_at DESC, id DESC
        """,
        account_id,
    )
    return [_api_key(row) for row in rows]


async def delete_api_key(tx: Tx, key_id: UUID, account_id: UUID) -> bool:
    """Remove a key; False if the account has no such key."""
    return bool(
        await tx.execute("DELETE FROM api_keys WHERE id = $1 AND account_id = $2", key_id, account_id)
    )


async def use_api_keys(tx: Tx, hashes: Sequence[bytes], *, at: datetime) -> list[Record]:
    """Return the good keys among these with their accounts' roles, and note their use once a minute."""
    return await tx.fetch(
        """
        WITH good AS (
            SELECT k.id, k.key_hash, k.account_id, k.scopes, a.role, k.last_used_at, k.expires_at
              FROM api_keys k JOIN accounts a ON a.id = k.account_id
             WHERE k.key_hash = ANY($1) AND a.erased_at IS NULL
               AND (k.expires_at IS NULL OR k.expires_at > $2)
        ), noted AS (
            UPDATE api_keys k SET last_used_at = $2 FROM good
             WHERE k.id = good.id AND (good.last_used_at IS NULL OR good.last_used_at < $2 - $3::interval)
        )
        SELECT id, key_hash, account_id, scopes, role, expires_at FROM good
        """,
        list(hashes),
        at,
        _KEY_USE_NOTED_EVERY,
    )


def _account(row: Record) -> Account:
    return Account(row["id"], row["email"], row["name"], row["role"], row["created_at"])


def _api_key(row: Record) -> ApiKey:
    columns = dict(row)
    return ApiKey(scopes=tuple(columns.pop("scopes")), **columns)
