"""The media server, in this process, on loopback."""

from collections.abc import AsyncGenerator

import pytest

from support.sfu import Sfu, running_sfu


@pytest.fixture
async def sfu() -> AsyncGenerator[Sfu]:
    async with running_sfu() as sfu:
        yield sfu
        sfu.sessions.close_all()
        await sfu.peers.aclose()
