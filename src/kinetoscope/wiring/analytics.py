"""Analytics: tracking, folding, reports."""

from ..analytics import (
    Batches,
    Folding,
    Geography,
    Keeping,
    Reports,
    Salts,
    Tracking,
    deletion_reaction,
    duties,
    handlers,
)
from ..videos import DELETED
from .part import Base, Part


def analytics_part(base: Base) -> Part:
    """Return what analytics bring."""
    settings, db, clock = base.settings, base.db, base.clock
    folding = Folding(db)
    salts = Salts(db, clock=clock, seal_keys=base.keyring.derive_all("viewer-salts"))
    keeping = Keeping(db, clock=clock, months=settings.views_kept_months)
    batches = Batches(
        db,
        quota=settings.views_per_source,
        written=folding.note_written,
        recovered=salts.publish_again,
    )
    tracking = Tracking(
        db, clock=clock, salts=salts, geography=Geography(settings.geoip_path), batches=batches
    )
    return Part(
        services=[tracking, Reports(db, clock=clock, folding=folding), folding, salts, keeping],
        handlers=handlers(keeping),
        reactions={DELETED: deletion_reaction(keeping)},
        duties=duties(folding, salts, keeping),
        erasers=[keeping.erase_account],
        resources=[folding, salts, batches],
    )
