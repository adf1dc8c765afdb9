"""The one place where the platform's objects are made and given to each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from .accounts import (
    ERASE_JOB,
    Accounts,
    ApiKeys,
    Authentication,
    Eraser,
    Erasure,
    SignInLimit,
    TokenSigner,
)
from .http.idempotency import Replay
from .http.limits import PublicWriteLimit
from .kernel.clock import Clock, system_clock
from .kernel.db import Database
from .kernel.health import Readiness
from .kernel.limits import LocalLimiter, RateLimit, forget_expired_limits
from .kernel.runner import Duty, Handler, Lane
from .kernel.secrets import Keyring
from .kernel.settings import Settings
from .media import (
    AddressSigner,
    Cleaning,
    EngineLimits,
    Playing,
    Processing,
    Receiving,
    Scratch,
    Storage,
    Uploads,
    cleaning_handlers,
    processing_handlers,
)
from .media import duties as media_duties
from .projects import Projects, erase_projects, save_default_project
from .videos import VideoReads, Videos

QUICK_PLACES = 64
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything that a process of the platform works with."""

    db: Database
    clock: Clock
    services: Mapping[type, object]
    authentication: Authentication
    replay: Replay
    lanes: Sequence[Lane]
    duties: Sequence[Duty]


def build_platform(
    settings: Settings, *, dsn: str, keyring: Keyring, clock: Clock = system_clock
) -> Platform:
    """Make all objects of the platform; nothing is connected or started yet."""
    db = Database(dsn, pool_size=settings.database_pool_size)
    signer = TokenSigner(keyring, lifetime=timedelta(minutes=settings.access_token_minutes))
    authentication = Authentication(db, clock=clock, signer=signer)
    replay = Replay(db, clock=clock, seal_key=keyring.derive("idempotency"))
    accounts = Accounts(
        db,
        clock=clock,
        signer=signer,
        authentication=authentication,
        refresh_lifetime=timedelta(days=settings.refresh_token_days),
        registered=[save_default_project],
    )
    videos = Videos(db, clock=clock)
    media = _build_media(settings, db, keyring, clock)
    # Top storey first: each removes what hangs on the storeys below it.
    erasers: list[Eraser] = [videos.erase_account, erase_projects]
    services: list[object] = [
        authentication,
        accounts,
        ApiKeys(db, clock=clock, authentication=authentication),
        SignInLimit(
            db,
            clock=clock,
            limit=RateLimit.parse(settings.auth_rate_limit),
            secret=keyring.derive("rate-limit"),
        ),
        PublicWriteLimit(
            LocalLimiter(RateLimit.parse(settings.public_write_rate_limit)),
            secret=keyring.derive("rate-limit"),
        ),
        signer,
        Projects(db, clock=clock),
        videos,
        VideoReads(db),
        Readiness(db),
        *media.services,
    ]
    quick = {ERASE_JOB: Handler(Erasure(db, erasers).run), **media.quick}
    return Platform(
        db=db,
        clock=clock,
        services={type(service): service for service in services},
        authentication=authentication,
        replay=replay,
        lanes=[
            Lane("quick", quick, QUICK_PLACES),
            Lane("media", media.slow, settings.media_processes),
        ],
        duties=[
            Duty("accounts.forget-expired", _HOUR, accounts.forget_expired),
            Duty("limits.forget-expired", _MINUTE, lambda: _forget_limits(db, clock)),
            Duty("idempotency.forget-old", _HOUR, replay.forget_old),
            *media.duties,
        ],
    )


@dataclass(frozen=True, slots=True)
class _Media:
    """What the media domain brings."""

    services: Sequence[object]
    quick: Mapping[str, Handler]
    slow: Mapping[str, Handler]
    duties: Sequence[Duty]


def _build_media(settings: Settings, db: Database, keyring: Keyring, clock: Clock) -> _Media:
    storage = Storage(settings.data_dir / "media")
    scratch = Scratch(settings.data_dir / "scratch")
    signer = AddressSigner(keyring)
    lifetime = timedelta(hours=settings.upload_expiry_hours)
    uploads = Uploads(db, clock=clock, lifetime=lifetime, max_bytes=settings.max_upload_bytes)
    cleaning = Cleaning(db, storage=storage)
    processing = Processing(
        db,
        clock=clock,
        storage=storage,
        cleaning=cleaning,
        scratch=scratch,
        signer=signer,
        limits=EngineLimits(
            memory_mb=settings.media_memory_mb,
            cpu_seconds=settings.media_minutes * 60,
            wall_seconds=settings.media_minutes * 60,
            hls_from_seconds=settings.hls_from_seconds,
        ),
    )
    playback_lifetime = timedelta(minutes=settings.playback_url_minutes)
    return _Media(
        services=[
            uploads,
            Receiving(
                db, clock=clock, storage=storage, lifetime=lifetime, max_bytes=settings.max_upload_bytes
            ),
            Playing(db, clock=clock, storage=storage, signer=signer, lifetime=playback_lifetime),
            processing,
            cleaning,
            scratch,
            storage,
        ],
        quick=cleaning_handlers(cleaning),
        slow=processing_handlers(processing),
        duties=media_duties(uploads, cleaning, scratch),
    )


async def _forget_limits(db: Database, clock: Clock) -> None:
    async with db.read() as tx:
        await forget_expired_limits(tx, at=clock())
