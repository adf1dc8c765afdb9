"""The server's certificate, new with each start, and fingerprints of clients' certificates (RFC 8122)."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..plane import Fingerprint

Identity = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]

_LIFETIME = timedelta(days=365)
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha-256": hashes.SHA256(),
    "sha-384": hashes.SHA384(),
    "sha-512": hashes.SHA512(),
}


def new_identity() -> Identity:
    """Return a self-signed P-256 certificate with its key: who we are is what signalling says of it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, secrets.token_hex(8))])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFETIME)
    )
    return builder.sign(key, hashes.SHA256()), key


def fingerprint(certificate: x509.Certificate, algorithm: str = "sha-256") -> Fingerprint:
    """Return a certificate's digest as SDP writes it."""
    return Fingerprint(algorithm, certificate.fingerprint(_HASHES[algorithm]).hex(":").upper())


def matches(certificate: x509.Certificate, announced: tuple[Fingerprint, ...]) -> bool:
    """Tell whether one of the announced digests is this certificate's; unknown algorithms do not count."""
    return any(
        hmac.compare_digest(
            fingerprint(certificate, one.algorithm.lower()).value.encode(), one.value.strip().upper().encode()
        )
        for one in announced
        if one.algorithm.lower() in _HASHES
    )
