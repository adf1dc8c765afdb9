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
    storage = Storage(settings.data_dir / "media")
    scratch = Scratch(settings.data_dir / "scratch")
    signer = AddressSigner(base.keyring)
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
    return Part(
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
        handlers=cleaning_handlers(cleaning),
        reactions={DELETED: cleaning_reaction(cleaning)},
        lanes=[Lane("media", processing_handlers(processing), settings.media_processes)],
        duties=duties(uploads, cleaning, scratch),
    )
