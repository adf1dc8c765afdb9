"""Showcases."""

from ..analytics import retention
from ..showcase import AnnotationFigures, AnnotationImport, Annotations, Showcase
from .part import Base, Part


def showcase_part(base: Base) -> Part:
    """Return what showcases bring. Annotations go with their video: nothing is left to erase."""
    return Part(
        services=[
            Showcase(base.db),
            Annotations(base.db, clock=base.clock),
            AnnotationImport(base.db, clock=base.clock),
            AnnotationFigures(base.db, clock=base.clock, retention=retention),
        ]
    )
