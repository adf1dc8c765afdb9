"""Projects: what videos belong to and search is scoped to. Everyone has one named `default`."""

from .models import Project
from .refusals import ProjectNotFound
from .service import Projects
from .store import erase_projects, find_project_owner, require_own_project, save_default_project

__all__ = [
    "Project",
    "ProjectNotFound",
    "Projects",
    "erase_projects",
    "find_project_owner",
    "require_own_project",
    "save_default_project",
]
