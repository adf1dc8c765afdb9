"""The listening socket: bound once, by the parent, so that a restarted child refuses no connection."""

import errno
import ipaddress
import os
import socket

BACKLOG = 2048


class CannotListen(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """The address cannot be listened on; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on the address; port 0 takes any free one."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise CannotListen(
            f"{host!r} is not an address of this machine. Use 127.0.0.1 for this machine alone, "
            "0.0.0.0 for everyone who can reach it."
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListen(_explained(error, host, port)) from error
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the URL under which a browser on this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")  # noqa: PLR2004 - IPv4
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"  # noqa: PLR2004 - IPv6


def _explained(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} on {host} is already in use. Stop what uses it, or choose another: "
                f"--port {port + 1}, or --port 0 for any free one."
            )
        case errno.EACCES:
            return f"You may not listen on port {port}: ports below 1024 need more rights. Try --port 8000."
        case errno.EADDRNOTAVAIL:
            return f"{host} is not an address of this machine. Try --host 127.0.0.1 or --host 0.0.0.0."
        case _:
            return f"{host}:{port} cannot be listened on: {os.strerror(error.errno or 0)}."
