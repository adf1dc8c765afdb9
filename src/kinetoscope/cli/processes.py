"""What the processes that do the work, `api` and `worker`, have in common."""

import signal
import sys
from types import FrameType

from ..kernel.secrets import Keyring, load_keyring
from ..kernel.settings import Settings
from ..kernel.telemetry import set_up_logging
from ..supervisor import hold_lifeline
from .reaching import database_url, migrated, started_database


def begin(settings: Settings, *, lifeline: int | None, patience_seconds: float) -> str:
    """Set up logs and signals and return the database's URL.

    Under a supervisor, which prepares the database, that is all. Alone, the embedded PostgreSQL is
    started if it does not run (and goes on running), and the schema is brought up to date.
    """
    set_up_logging(settings.log_level, settings.log_format)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    if lifeline is not None:
        hold_lifeline(lifeline, patience_seconds=patience_seconds)
        return database_url(settings)
    dsn = started_database(settings)
    migrated(dsn)
    return dsn


def keyring_of(settings: Settings) -> Keyring:
    """Return the keyring of the settings, else of the data directory."""
    secret, previous = settings.secret_key, settings.secret_key_previous
    return load_keyring(
        settings.data_dir,
        secret=secret.get_secret_value() if secret else None,
        previous=previous.get_secret_value() if previous else None,
    )


def _end(_number: int, _frame: FrameType | None) -> None:
    sys.exit(0)  # before the work begins, and after it has drained
