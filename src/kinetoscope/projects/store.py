"""Projects in PostgreSQL."""

from datetime import datetime
from uuid import UUID

import asyncpg

from ..kernel.db import Record, Tx
from ..kernel.ids import uuid7
from ..kernel.paging import Listing, Page
from .models import Project
from .refusals import ProjectNameTaken, ProjectNotEmpty, ProjectNotFound

DEFAULT_NAME = "default"


async def save_default_project(tx: Tx, owner_id: UUID) -> None:
    """Give a new account its project `default`, in the transaction that makes the account."""
    await tx.execute(
        """
        INSERT INTO projects (id, owner_id, name, name_key, is_default, created_at, updated_at)
        SELECT $1, id, $3, $3, true, created_at, created_at FROM accounts WHERE id = $2
        """,
        uuid7(),
        owner_id,
        DEFAULT_NAME,
    )


async def insert_project(tx: Tx, project: Project) -> None:
    """Save a new project; refuses with `ProjectNameTaken`."""
    saved = await tx.execute(
        """
        INSERT INTO projects (id, owner_id, name, name_key, description, created_at, updated_at)
        VALUES ($1, $2, $3, lower($3), $4, $5, $5)
            ON CONFLICT (owner_id, name_key) DO NOTHING
        """,
        project.id,
        project.owner_id,
        project.name,
        project.description,
        project.created_at,
    )
    if not saved:
        raise ProjectNameTaken


async def require_own_project(tx: Tx, project_id: UUID | None, owner_id: UUID) -> Project:
    """Return a project of this owner, without an id the default one; refuses with `ProjectNotFound`."""
    row = await tx.fetch_one(
        """
        SELECT id, owner_id, name, description, is_default, created_at, updated_at
          FROM projects
         WHERE owner_id = $2 AND CASE WHEN $1::uuid IS NULL THEN is_default ELSE id = $1 END
           FOR KEY SHARE
        """,
        project_id,
        owner_id,
    )
    if row is None:
        raise ProjectNotFound
    return _project(row)


async def find_project_owner(tx: Tx, project_id: UUID) -> UUID | None:
    """Return whose a project is, without holding it; None if there is no such project."""
    owner: UUID | None = await tx.fetch_value("SELECT owner_id FROM projects WHERE id = $1", project_id)
    return owner


async def list_projects(tx: Tx, owner_id: UUID, page: Page) -> Listing[Project]:
    """Return one page of an owner's projects, newest first."""
    rows = await tx.fetch(
        """
        SELECT id, owner_id, name, description, is_default, created_at, updated_at
          FROM projects WHERE owner_id = $1
         ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
        """,
        owner_id,
        page.size,
        page.offset,
    )
    total = await tx.fetch_value("SELECT count(*) FROM projects WHERE owner_id = $1", owner_id)
    return Listing([_project(row) for row in rows], total, page)


async def lock_own_project(tx: Tx, project_id: UUID, owner_id: UUID) -> Project:
    """Return a project of this owner, and let nobody else change it until the commit."""
    row = await tx.fetch_one(
        """
        SELECT id, owner_id, name, description, is_default, created_at, updated_at
          FROM projects WHERE id = $1 AND owner_id = $2 FOR UPDATE
        """,
        project_id,
        owner_id,
    )
    if row is None:
        raise ProjectNotFound
    return _project(row)


async def update_project(tx: Tx, project_id: UUID, *, name: str, description: str, at: datetime) -> Project:
    """Write a project's new name and description; refuses with `ProjectNameTaken`."""
    try:
        row = await tx.fetch_one(
            """
            UPDATE projects SET name = $2, name_key = lower($2), description = $3, updated_at = $4
             WHERE id = $1
            RETURNING id, owner_id, name, description, is_default, created_at, updated_at
            """,
            project_id,
            name,
            description,
            at,
        )
    except asyncpg.UniqueViolationError as error:
        raise ProjectNameTaken from error
    assert row is not None, "the row is locked"
    return _project(row)


async def delete_project(tx: Tx, project_id: UUID) -> None:
    """Remove a project; refuses with `ProjectNotEmpty` while anything belongs to it."""
    try:
        await tx.execute("DELETE FROM projects WHERE id = $1", project_id)
    except asyncpg.ForeignKeyViolationError as error:
        raise ProjectNotEmpty from error


async def erase_projects(tx: Tx, owner_id: UUID) -> int:
    """Remove all projects of an account that is being erased; its videos are gone already."""
    return await tx.execute("DELETE FROM projects WHERE owner_id = $1", owner_id)


def _project(row: Record) -> Project:
    return Project(**dict(row))
