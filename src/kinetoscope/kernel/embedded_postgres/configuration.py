"""The server settings of the embedded PostgreSQL, each group with its reason."""

from collections.abc import Mapping
from types import MappingProxyType

from .sockets import PORT

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # Reached through the socket's directory alone.
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        # An acknowledged row survives any crash.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        # Modest memory; short statements; a solid-state disk.
        "shared_buffers": "128MB",
        "max_wal_size": "4GB",
        "wal_compression": "on",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # The log must stay small, and hold no statement and no value that a person sent: terse
        # leaves out the DETAIL line, which quotes the values of a violated key.
        "log_min_messages": "warning",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
    }
)
