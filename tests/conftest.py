"""Fixtures of all tests: a real database in which tests really commit, and the real application."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import LiteralString

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from pydantic import SecretStr

from kinetoscope.app import create_api, create_app
from kinetoscope.kernel.db import Database, Tx
from kinetoscope.kernel.embedded_postgres import EmbeddedPostgres
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.wiring import Platform, build_platform
from kinetoscope_fakes.realtime import RealtimeFake
from kinetoscope_fakes.serving import served
from support import external_postgres
from support.cast import Hooks, Person, browser, signed_up
from support.clock import FakeClock
from support.external_postgres import ExternalPostgres
from support.in_process import running
from support.jobs_done import JobsDone
from support.models import MODELS
from support.promise import Promise

# Children before their parents. A test checks that every table is here.
CLEANING: LiteralString = """
    DELETE FROM search_models;
    DELETE FROM jobs; DELETE FROM schedules; DELETE FROM rate_limits; DELETE FROM idempotency_keys;
    DELETE FROM albums; DELETE FROM photos; DELETE FROM album_usage;
    DELETE FROM session_recordings; DELETE FROM media_servers; DELETE FROM video_sessions;
    DELETE FROM sittings; DELETE FROM view_batches; DELETE FROM view_reports; DELETE FROM view_quotas;
    DELETE FROM video_viewer_hours; DELETE FROM search_models; DELETE FROM recommendation_state;
    DELETE FROM recommendation_models; DELETE FROM recommendation_exchanges;
    DELETE FROM recommendation_policies;
    DELETE FROM videos; DELETE FROM projects; DELETE FROM accounts;
"""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def dsn(data_dir: Path) -> Generator[str]:
    if external_postgres.is_chosen():
        server = ExternalPostgres(data_dir / "external")
        server.create()
        yield server.dsn
        server.stop()
        return
    postgres = EmbeddedPostgres(data_dir)
    postgres.start()
    yield postgres.dsn
    postgres.stop()


@pytest.fixture(scope="session")
def session_clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def realtime_fake() -> RealtimeFake:
    return RealtimeFake("tests", "secret of the tests")


@pytest.fixture(scope="session")
def realtime_url(realtime_fake: RealtimeFake) -> Generator[str]:
    with served(realtime_fake) as url:
        yield url


@pytest.fixture(scope="session")
def settings(data_dir: Path, realtime_url: str) -> Settings:
    return Settings(
        data_dir=data_dir,
        models_dir=MODELS,
        auth_rate_limit="10000/minute",
        realtime_url=realtime_url,
        realtime_app_id="tests",
        realtime_app_secret=SecretStr("secret of the tests"),
        turn_urls=("turn:turn.example.org:3478",),
        turn_secret=SecretStr("secret of the turn servers"),
        exploration_percent=0,
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
    )


@pytest.fixture(scope="session")
async def platform(dsn: str, settings: Settings, session_clock: FakeClock) -> Platform:
    await migrate(dsn)
    return build_platform(settings, dsn=dsn, keyring=Keyring(b"k" * 32), clock=session_clock)


@pytest.fixture
def second_platform(dsn: str, settings: Settings, session_clock: FakeClock) -> Platform:
    """The same installation once more, as another process would have it."""
    return build_platform(settings, dsn=dsn, keyring=Keyring(b"k" * 32), clock=session_clock)


@pytest.fixture
async def second(
    second_platform: Platform, settings: Settings, clock: FakeClock
) -> AsyncGenerator[ASGITransport]:
    """The application of another process of the same installation."""
    async with running(create_app(second_platform, settings)) as transport:
        yield transport


@pytest.fixture(scope="session")
async def transport(platform: Platform, settings: Settings) -> AsyncGenerator[ASGITransport]:
    async with running(create_app(platform, settings)) as transport:
        yield transport


@pytest.fixture(scope="session")
def hooks(platform: Platform) -> Hooks:
    """Every answer of every test is held against the OpenAPI document."""
    return {"response": [Promise(create_api(platform, public_url=None)).check]}


@pytest.fixture
async def clean(dsn: str, transport: ASGITransport) -> AsyncGenerator[None]:
    connection = await asyncpg.connect(dsn)
    await connection.execute(CLEANING)
    yield
    await connection.close()


@pytest.fixture
def clock(session_clock: FakeClock) -> FakeClock:
    session_clock.reset()
    return session_clock


@pytest.fixture
async def db(platform: Platform, clean: None) -> Database:
    return platform.db


@pytest.fixture
async def tx(db: Database) -> AsyncGenerator[Tx]:
    """One connection that commits each statement."""
    async with db.read() as tx:
        yield tx


@pytest.fixture
async def client(
    transport: ASGITransport, hooks: Hooks, clean: None, clock: FakeClock
) -> AsyncGenerator[AsyncClient]:
    """A caller without an account."""
    async with browser(transport, hooks) as client:
        yield client


@pytest.fixture
async def alice(transport: ASGITransport, hooks: Hooks, client: AsyncClient) -> AsyncGenerator[Person]:
    async with await signed_up(transport, "alice", hooks) as person:
        yield person


@pytest.fixture
async def bob(transport: ASGITransport, hooks: Hooks, client: AsyncClient) -> AsyncGenerator[Person]:
    async with await signed_up(transport, "bob", hooks) as person:
        yield person


@pytest.fixture
def jobs_done(platform: Platform, dsn: str, clean: None) -> JobsDone:
    return JobsDone(platform, dsn)
