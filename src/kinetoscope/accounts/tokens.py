"""The credentials we make: access tokens (JWT, EdDSA), refresh tokens and API keys.

Access tokens follow RFC 7519 and RFC 8037 and can be verified by anybody with the keys at
`/.well-known/jwks.json`; the other two are random and meaningful to us alone.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..kernel.caller import Caller, Role
from ..kernel.secrets import Keyring
from .models import JsonWebKey

AUDIENCE = "kinetoscope"
ISSUER = "kinetoscope"
API_KEY_PREFIX = "sk_"

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_API_KEY_DIGITS = 43  # 32 random bytes in base 62
_SHOWN_PREFIX = 11


@dataclass(frozen=True, slots=True)
class VerifiedToken:
    """What an access token says, once its signature and dates have been checked."""

    caller: Caller
    expires_at: datetime


class TokenSigner:
    """Signs access tokens with the current key and verifies with that of before a rotation too."""

    def __init__(self, keyring: Keyring, *, lifetime: timedelta) -> None:
        private = [Ed25519PrivateKey.from_private_bytes(seed) for seed in keyring.derive_all("access-token")]
        self._private = private[0]
        self._public = {_key_id(key.public_key()): key.public_key() for key in private}
        self._kid = _key_id(self._private.public_key())
        self.lifetime = lifetime

    def sign(self, account_id: UUID, role: Role, *, family: UUID, at: datetime) -> str:
        """Return an access token for an account; `family` ties it to its chain of refresh tokens."""
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(account_id),
            "role": role,
            "iat": at,
            "exp": at + self.lifetime,
            "jti": str(uuid4()),
            "sid": str(family),
        }
        return jwt.encode(claims, self._private, algorithm="EdDSA", headers={"kid": self._kid})

    def verify(self, token: str, *, at: datetime) -> VerifiedToken | None:
        """Return what a token says if its signature and dates are good, else None."""
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            claims = jwt.decode(
                token,
                self._public[kid],
                algorithms=["EdDSA"],
                audience=AUDIENCE,
                issuer=ISSUER,
                # The dates are checked below, against the clock that we were given.
                options={"require": ["exp", "sub", "sid", "role"], "verify_exp": False, "verify_iat": False},
            )
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            caller = Caller(UUID(claims["sub"]), claims["role"], family=UUID(claims["sid"]))
        except (jwt.PyJWTError, KeyError, ValueError, TypeError, OverflowError):
            return None
        return VerifiedToken(caller, expires_at) if expires_at > at else None

    def public_keys(self) -> list[JsonWebKey]:
        """Return the keys that verify our tokens; two of them during a rotation."""
        return [
            {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": _raw(key)}
            for kid, key in self._public.items()
        ]


def new_refresh_token() -> str:
    """Return a new refresh token: 32 random bytes."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    """Return a new API key: `sk_` and 32 random bytes in base 62."""
    number = int.from_bytes(secrets.token_bytes(32))
    digits: list[str] = []
    for _ in range(_API_KEY_DIGITS):
        number, digit = divmod(number, 62)
        digits.append(_BASE62[digit])
    return API_KEY_PREFIX + "".join(digits)


def shown_prefix(key: str) -> str:
    """Return the beginning of an API key, by which its owner tells it from others."""
    return key[:_SHOWN_PREFIX]


def hashed(secret: str) -> bytes:
    """Return what a random credential is stored as. 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _raw(key: Ed25519PublicKey) -> str:
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _key_id(key: Ed25519PublicKey) -> str:
    """Return a key's thumbprint (RFC 7638), shortened."""
    canonical = json.dumps({"crv": "Ed25519", "kty": "OKP", "x": _raw(key)}, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
