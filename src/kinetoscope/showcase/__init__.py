"""Showcases: the filter over demo videos, and the timed annotations that these have."""

from .importing import AnnotationImport
from .service import AnnotationFigures, Annotations, Retention, Showcase, keep_annotations_true
from .store import annotated_among

__all__ = [
    "AnnotationFigures",
    "AnnotationImport",
    "Annotations",
    "Retention",
    "Showcase",
    "annotated_among",
    "keep_annotations_true",
]
