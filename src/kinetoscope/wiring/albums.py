"""Albums and photos."""

from datetime import timedelta

from ..albums import (
    Albums,
    PhotoAddresses,
    PhotoCleaning,
    PhotoRoom,
    Photos,
    cleaning_handlers,
    duties,
    forget_usage,
)
from ..media import Scratch, Storage
from .part import Base, Part


def albums_part(base: Base) -> Part:
    """Return what albums bring."""
    settings, db, clock = base.settings, base.db, base.clock
    storage = Storage(settings.data_dir / "media")
    addresses = PhotoAddresses(
        base.keyring, clock=clock, lifetime=timedelta(minutes=settings.playback_url_minutes)
    )
    albums = Albums(db, clock=clock)
    photos = Photos(
        db,
        clock=clock,
        storage=storage,
        scratch=Scratch(settings.data_dir / "scratch"),
        addresses=addresses,
        room=PhotoRoom(settings.max_photo_bytes, settings.photo_quota_bytes),
    )
    cleaning = PhotoCleaning(db, clock=clock, storage=storage)
    return Part(
        services=[albums, photos, addresses, cleaning],
        handlers=cleaning_handlers(cleaning),
        duties=duties(cleaning),
        erasers=[albums.erase_account, photos.erase_account, forget_usage],
    )
