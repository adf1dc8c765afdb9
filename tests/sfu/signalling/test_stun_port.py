"""The port that answers STUN alone, beside the one for media."""

import asyncio
import socket

import pytest

from kinetoscope_sfu.signalling.stun_port import open_stun_port
from kinetoscope_sfu.wire import stun

TRANSACTION = b"transaction!"
REQUEST = stun.BINDING_REQUEST.to_bytes(2) + (0).to_bytes(2) + 0x2112A442.to_bytes(4) + TRANSACTION


async def asked(host: str, port: int, *requests: bytes) -> tuple[bytes, tuple[str, int]]:
    """Send requests from a socket; return the first answer, and the socket's own address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect((host, port))
        for request in requests:
            sock.send(request)
        async with asyncio.timeout(5):
            answer = await asyncio.get_running_loop().sock_recv(sock, 1500)
        return answer, sock.getsockname()[:2]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_it_tells_who_asks_its_address(host: str) -> None:
    async with open_stun_port(0) as port:
        try:
            answer, own = await asked(host, port, b"no STUN", REQUEST)
        except OSError:
            pytest.skip("this machine has no IPv6")
    assert answer == stun.success(TRANSACTION, own)


async def test_a_port_that_is_taken_is_replaced_by_another() -> None:
    async with open_stun_port(0) as taken, open_stun_port(taken - 1) as other:
        assert other != taken
        await asked("127.0.0.1", other, REQUEST)
