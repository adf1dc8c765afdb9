"""The installation's secrets: made on first start, or given by a setting so that machines share them."""

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEY_BYTES = 32


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """One root secret, and during a rotation the one before it; all keys derive from them."""

    current: bytes
    previous: bytes | None = None

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key of a purpose (HKDF-SHA256, RFC 5869)."""
        return _derived(self.current, purpose)

    def derive_all(self, purpose: str) -> list[bytes]:
        """Return the keys to verify with: the current one first, then that of before a rotation."""
        roots = [self.current] if self.previous is None else [self.current, self.previous]
        return [_derived(root, purpose) for root in roots]


def _derived(root: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=b"kinetoscope", info=purpose.encode()).derive(root)


def load_keyring(data_dir: Path, *, secret: str | None = None, previous: str | None = None) -> Keyring:
    """Return the keyring of the settings, else of the data directory, where it is made if missing.

    The file has mode 0600 and appears in one step: of several first starts at once, one wins. Raises
    ValueError for a file that is cut short: keys derived from nothing would be anybody's.
    """
    if secret is not None:
        return Keyring(_stretched(secret), _stretched(previous) if previous else None)
    folder = data_dir / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    current = folder / "root.key"
    if not current.exists():
        publish_once(current, secrets.token_bytes(_KEY_BYTES))
    old = folder / "root.previous.key"
    return Keyring(_read_key(current), _read_key(old) if old.exists() else None)


def rotate_keyring(data_dir: Path) -> None:
    """Make a new root secret and keep the old one for verifying what it has signed."""
    load_keyring(data_dir)
    folder = data_dir / "secrets"
    # Copied, not moved: at no moment is there no current key.
    _write_private(folder / "root.previous.key.new", (folder / "root.key").read_bytes())
    (folder / "root.previous.key.new").replace(folder / "root.previous.key")
    _write_private(folder / "root.key.new", secrets.token_bytes(_KEY_BYTES))
    (folder / "root.key.new").replace(folder / "root.key")


def _read_key(path: Path) -> bytes:
    key = path.read_bytes()
    if len(key) != _KEY_BYTES:
        raise ValueError(
            f"The secret in {path} is damaged: it should have {_KEY_BYTES} bytes and has {len(key)}. Restore "
            "it from a backup; or remove it for a new one, which signs everybody out."
        )
    return key


def _stretched(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def publish_once(path: Path, content: bytes) -> None:
    """Make a file that only this user may read, whole and at once; one that is there already is kept."""
    scratch = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    _write_private(scratch, content)
    try:
        os.link(scratch, path)
    except FileExistsError:
        pass  # another process was first, and its content is the one
    finally:
        scratch.unlink()


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
