"""Whether the platform can answer: its database is reached, and the schema is what this program expects."""

from .db import Database
from .errors import DatabaseUnavailable
from .migrate import DatabaseUnfit, load_migrations, pending_steps


class Readiness:
    """Knows why requests cannot be answered, if they cannot."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._steps = load_migrations()

    async def why_not(self) -> str | None:
        """Return None when all is well, else a sentence."""
        try:
            async with self._db.read() as tx:
                rows = await tx.fetch("SELECT version, sha256 FROM schema_migrations")
            pending = pending_steps(self._steps, {row["version"]: row["sha256"] for row in rows})
        except DatabaseUnavailable as error:
            return error.text
        except DatabaseUnfit as error:
            return str(error)
        if pending:
            return f"{len(pending)} schema steps are not applied yet. Run: kinetoscope db migrate"
        return None
