"""All that is looked at, in the order in which it should be put right."""

import os
from collections.abc import Iterator
from datetime import datetime

from ..kernel.settings import Settings
from .database import look_at_database
from .findings import Finding, ok
from .machine import (
    look_at_clock,
    look_at_descriptors,
    look_at_encoders,
    look_at_postgres,
    look_at_python,
    look_at_variables,
)
from .places import look_at_data_dir, look_at_port, look_at_socket, look_at_space


def examine(settings: Settings, *, now: datetime) -> Iterator[Finding]:
    """Yield what is found, one thing after the other."""
    data_dir = settings.data_dir.expanduser().resolve()
    yield look_at_python()
    yield ok("Settings", "all can be used")
    yield from look_at_variables(os.environ)
    yield look_at_clock(now)
    yield look_at_data_dir(data_dir)
    yield look_at_space(data_dir)
    yield look_at_encoders()
    yield look_at_descriptors()
    yield look_at_port(settings)
    yield from look_at_postgres(settings)
    if settings.database_url is None:
        yield look_at_socket(data_dir)
    yield from look_at_database(settings)
