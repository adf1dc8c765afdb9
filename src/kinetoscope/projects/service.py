"""The use cases of projects."""

from uuid import UUID

from msgspec import UNSET

from ..kernel.caller import Caller
from ..kernel.clock import Clock
from ..kernel.db import Database
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from . import store
from .models import Project, ProjectChanges
from .refusals import DefaultProject


class Projects:
    """Making, finding and changing projects; each belongs to one account and only it sees it."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def create(self, caller: Caller, name: str, *, description: str) -> Project:
        """Make a project; refuses with `ProjectNameTaken`."""
        now = self._clock()
        project = Project(uuid7(), caller.id, name, description, False, now, now)
        async with self._db.transaction() as tx:
            await store.insert_project(tx, project)
        return project

    async def get(self, caller: Caller, project_id: UUID) -> Project:
        """Return a project of the caller."""
        async with self._db.read() as tx:
            return await store.require_own_project(tx, project_id, caller.id)

    async def list(self, caller: Caller, page: Page) -> Listing[Project]:
        """Return the caller's projects, newest first."""
        async with self._db.read() as tx:
            return await store.list_projects(tx, caller.id, page)

    async def change(self, caller: Caller, project_id: UUID, changes: ProjectChanges) -> Project:
        """Change a project's name or description and return it."""
        async with self._db.transaction() as tx:
            project = await store.lock_own_project(tx, project_id, caller.id)
            name = project.name if changes.name is UNSET else changes.name
            description = project.description if changes.description is UNSET else changes.description
            if project.is_default and name != project.name:
                raise DefaultProject
            return await store.update_project(
                tx, project_id, name=name, description=description, at=self._clock()
            )

    async def delete(self, caller: Caller, project_id: UUID) -> None:
        """Remove an empty project; refuses with `DefaultProject` and `ProjectNotEmpty`."""
        async with self._db.transaction() as tx:
            project = await store.lock_own_project(tx, project_id, caller.id)
            if project.is_default:
                raise DefaultProject
            await store.delete_project(tx, project_id)
