"""One running platform for all commands."""

from collections.abc import Iterator

import pytest

from support.server import Server, seeded, started_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with started_server(seeded(tmp_path_factory.mktemp("cli")), auth_rate_limit="10000/minute") as server:
        yield server
