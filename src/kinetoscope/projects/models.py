"""The nouns of projects."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from msgspec import UNSET, UnsetType


@dataclass(frozen=True, slots=True)
class Project:
    """A set of videos that search looks through together."""

    id: UUID
    owner_id: UUID
    name: str
    description: str
    is_default: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ProjectChanges:
    """What to change of a project; what is UNSET stays as it is."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
