"""One platform, really started, for all journeys of a process."""

from collections.abc import Generator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from kinetoscope_fakes.realtime import RealtimeFake
from kinetoscope_fakes.serving import served
from support.people import SignUp, signed_up
from support.server import Server, started_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder: Path = tmp_path_factory.mktemp("platform")
    with (
        served(RealtimeFake("journeys", "secret of the journeys", can_record=True)) as realtime_url,
        started_server(
            folder,
            auth_rate_limit="100000/minute",
            session_rate_limit="100000/minute",
            realtime_url=realtime_url,
            realtime_app_id="journeys",
            realtime_app_secret="secret of the journeys",
        ) as server,
    ):
        yield server


@pytest.fixture
def sign_up() -> Generator[SignUp]:
    """Make accounts on a platform, each with a client of its own."""
    with ExitStack() as clients:
        yield lambda url: clients.enter_context(closing(signed_up(url)))
