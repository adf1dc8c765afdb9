"""Why projects refuse."""

from ..kernel.errors import NotFound, Refusal


class ProjectNotFound(NotFound):
    """There is no such project, or it is somebody else's: the two look the same."""

    code = "project_not_found"
    detail = "You have no such project."


class ProjectNameTaken(Refusal):
    """The caller has another project of this name."""

    status = 409
    code = "project_name_taken"
    detail = "You already have a project of this name."


class DefaultProject(Refusal):
    """The project `default` stays."""

    status = 409
    code = "default_project"
    detail = "The default project cannot be deleted or renamed: videos without a project belong to it."


class ProjectNotEmpty(Refusal):
    """Videos still belong to the project."""

    status = 409
    code = "project_not_empty"
    detail = "Videos still belong to this project. Move or delete them first."
