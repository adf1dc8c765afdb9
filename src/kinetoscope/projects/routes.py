"""Projects over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from ..http.declare import Access, declare
from ..http.gate import gated_router
from ..http.request import PageParams, SignedIn, provided
from .refusals import DefaultProject, ProjectNameTaken, ProjectNotEmpty, ProjectNotFound
from .schemas import ChangedProject, NewProject, ProjectList, ProjectOut
from .service import Projects

router = gated_router(prefix="/api/v1/projects", tags=["projects"])

Service = Annotated[Projects, Depends(provided(Projects))]


@router.post("", status_code=201, **declare(Access.SIGNED_IN, ProjectNameTaken))
async def create_project(
    body: NewProject, response: Response, caller: SignedIn, projects: Service
) -> ProjectOut:
    """Make a project; its name is unique among the caller's."""
    project = await projects.create(caller, body.name, description=body.description)
    response.headers["Location"] = f"/api/v1/projects/{project.id}"
    return ProjectOut.of(project)


@router.get("", **declare(Access.SIGNED_IN))
async def list_projects(page: PageParams, caller: SignedIn, projects: Service) -> ProjectList:
    """Return the caller's projects, newest first."""
    return ProjectList.of(await projects.list(caller, page))


@router.get("/{project_id}", **declare(Access.SIGNED_IN, ProjectNotFound))
async def get_project(project_id: UUID, caller: SignedIn, projects: Service) -> ProjectOut:
    """Return a project of the caller."""
    return ProjectOut.of(await projects.get(caller, project_id))


_CHANGE = declare(Access.SIGNED_IN, ProjectNotFound, ProjectNameTaken, DefaultProject)


@router.patch("/{project_id}", **_CHANGE)
@router.put("/{project_id}", **declare(Access.SIGNED_IN, ProjectNotFound, ProjectNameTaken, DefaultProject))
async def change_project(
    project_id: UUID, body: ChangedProject, caller: SignedIn, projects: Service
) -> ProjectOut:
    """Change a project's name or description."""
    return ProjectOut.of(await projects.change(caller, project_id, body.changes()))


@router.delete(
    "/{project_id}",
    status_code=204,
    **declare(Access.SIGNED_IN, ProjectNotFound, DefaultProject, ProjectNotEmpty),
)
async def delete_project(project_id: UUID, caller: SignedIn, projects: Service) -> None:
    """Delete an empty project."""
    await projects.delete(caller, project_id)
