"""Media: uploads, storage, processing, playback."""

from datetime import timedelta

from ..kernel.runner import Lane
from ..media import (
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
    cleaning_reaction,
    duties,
    processing_handlers,
)
from ..videos import DELETED
from .part import Base, Part


def media_part(base: Base) -> Part:
    """Return what media bring."""
    settings, db, clock = base.settings, base.db, base.clock
    storage = _storage(base)
    uploads, receiving, scratch = handing_in(base)
    signer = AddressSigner(base.keyring)
    cleaning = Cleaning(db, storage=storage)
    processing = Processing(
        db,
        clock=clock,
        storage=storage,
        cleaning=cleaning,
        scratch=scratch,
        signer=signer,
        limits=engine_limits(base),
    )
    playback_lifetime = timedelta(minutes=settings.playback_url_minutes)
    return Part(
        services=[
            uploads,
            receiving,
            Playing(db, clock=clock, storage=storage, signer=signer, lifetime=playback_lifetime),
            processing,
            cleaning,
            scratch,
            storage,
        ],
        handlers=cleaning_handlers(cleaning),
        reactions={DELETED: cleaning_reaction(cleaning)},
        lanes=[Lane("media", processing_handlers(processing), settings.media_processes)],
        duties=duties(uploads, cleaning, scratch),
    )


def handing_in(base: Base) -> tuple[Uploads, Receiving, Scratch]:
    """Return what a file is handed in with, and where one may be made."""
    settings, db, clock = base.settings, base.db, base.clock
    lifetime, most = timedelta(hours=settings.upload_expiry_hours), settings.max_upload_bytes
    return (
        Uploads(db, clock=clock, lifetime=lifetime, max_bytes=most),
        Receiving(db, clock=clock, storage=_storage(base), lifetime=lifetime, max_bytes=most),
        Scratch(settings.data_dir / "scratch"),
    )


def engine_limits(base: Base) -> EngineLimits:
    """Return what the engine may take for one file."""
    settings = base.settings
    return EngineLimits(
        memory_mb=settings.media_memory_mb,
        cpu_seconds=settings.media_minutes * 60,
        wall_seconds=settings.media_minutes * 60,
        hls_from_seconds=settings.hls_from_seconds,
    )


def _storage(base: Base) -> Storage:
    return Storage(base.settings.data_dir / "media")
