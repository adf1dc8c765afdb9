"""The demo's account, kept in the data directory so that every start uses the same one."""

import ipaddress
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

EMAIL = "demo@kinetoscope.example"
NAME = "Kinetoscope demo"
LOOPBACK_PASSWORD = "kinetoscope-demo"  # noqa: S105 - documented, and only used where nobody else can connect
_FILE = "demo.json"


@dataclass(slots=True)
class DemoAccount:
    """What the demo signs in with. `is_filled` tells that the library was complete once."""

    data_dir: Path = field(repr=False)
    password: str
    api_key: str | None = None
    is_filled: bool = False

    @classmethod
    def load(cls, data_dir: Path, *, password: str) -> "DemoAccount":
        """Return the account of this data directory; a new one gets this password."""
        try:
            kept = json.loads((data_dir / _FILE).read_text())
            return cls(data_dir, kept["password"], kept["api_key"], kept["is_filled"])
        except (FileNotFoundError, ValueError, KeyError):
            return cls(data_dir, password)

    def save(self) -> None:
        """Keep it, readable by this user alone."""
        kept = {name: value for name, value in asdict(self).items() if name != "data_dir"}
        new = self.data_dir / f"{_FILE}.new"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(kept, file)
        new.replace(self.data_dir / _FILE)


def demo_password(host: str) -> str:
    """Return the documented password where only this machine can connect, else a random one."""
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    return LOOPBACK_PASSWORD if is_loopback else secrets.token_urlsafe(12)
