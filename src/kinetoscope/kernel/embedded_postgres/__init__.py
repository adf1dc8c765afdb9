"""The PostgreSQL server that Kinetoscope brings along: made, started, found again and stopped.

Standard library only, and synchronous: the supervisor process and the command line use it before
anything else of the platform runs.
"""

from .errors import PostgresUnavailable
from .server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "PostgresUnavailable"]
