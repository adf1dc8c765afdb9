"""The one refusal of the embedded server."""


class PostgresUnavailable(Exception):  # noqa: N818 - named by what it means, as all refusals are
    """The embedded server cannot be used; the message says why and what to do next."""
