"""The JSON of projects."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET
from pydantic import BaseModel, ConfigDict

from ..http.values import LongText, Name
from ..kernel.paging import Listing
from .models import Project, ProjectChanges


class NewProject(BaseModel):
    """What a project is made with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Onboarding", "description": "First-week videos"}]}
    )

    name: Name
    description: LongText = ""


class ChangedProject(BaseModel):
    """What to change of a project: any subset."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Onboarding 2027"}]})

    name: Name = ""
    description: LongText = ""

    def changes(self) -> ProjectChanges:
        """Return what was sent."""
        sent = self.model_fields_set
        return ProjectChanges(
            name=self.name if "name" in sent else UNSET,
            description=self.description if "description" in sent else UNSET,
        )


class ProjectOut(BaseModel):
    """A project."""

    id: UUID
    project_id: UUID
    user_id: UUID
    name: str
    description: str
    is_default: bool
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, project: Project) -> "ProjectOut":
        """Return a project as JSON shows it."""
        return cls(
            id=project.id,
            project_id=project.id,
            user_id=project.owner_id,
            name=project.name,
            description=project.description,
            is_default=project.is_default,
            created_at=project.created_at,
            updated_at=project.updated_at,
        )


class ProjectList(BaseModel):
    """A page of projects."""

    projects: list[ProjectOut]
    total: int
    page: int
    page_size: int
    has_more: bool

    @classmethod
    def of(cls, listing: Listing[Project]) -> "ProjectList":
        """Return a page of projects as JSON shows it."""
        return cls(
            projects=[ProjectOut.of(project) for project in listing.items],
            total=listing.total,
            page=listing.page.number,
            page_size=listing.page.size,
            has_more=listing.has_more,
        )
