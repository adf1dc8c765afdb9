"""The transport under our answers joins a head with its body, and never keeps one back."""

import asyncio
from collections.abc import Iterable

from kinetoscope.http.protocol import JoinedWrites

HEAD = b"HTTP/1.1 200 OK\r\n\r\n"


class Wire(asyncio.Transport):
    """Notes what is written, one entry for each call."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[bytes] = []
        self.closed_after: int | None = None

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.calls.append(bytes(data))

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append(b"".join(list_of_data))

    def close(self) -> None:
        self.closed_after = len(self.calls)

    def is_closing(self) -> bool:
        return self.closed_after is not None


def joined() -> tuple[Wire, JoinedWrites]:
    wire = Wire()
    return wire, JoinedWrites(wire, asyncio.get_running_loop())


async def test_a_head_and_its_body_leave_together() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.write(b"body")
    await asyncio.sleep(0)
    assert wire.calls == [HEAD + b"body"]


async def test_a_head_whose_body_takes_its_time_leaves_at_once() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert wire.calls == [HEAD]
    transport.write(b"later")
    assert wire.calls == [HEAD, b"later"]


async def test_answers_without_bodies_stay_in_order() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.write(HEAD)
    transport.write(HEAD)
    await asyncio.sleep(0)
    assert b"".join(wire.calls) == HEAD * 3


async def test_what_is_held_back_is_sent_before_the_end() -> None:
    wire, transport = joined()
    transport.write(HEAD)
    transport.close()
    assert wire.calls == [HEAD]
    assert wire.closed_after == 1


async def test_all_else_is_the_transports_own() -> None:
    wire, transport = joined()
    assert not transport.is_closing()
    transport.close()
    assert transport.is_closing()
    assert wire.is_closing()
