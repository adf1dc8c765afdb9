"""The statement that cleans the database between tests knows every table."""

import re

from conftest import CLEANING
from kinetoscope.kernel.db import Tx

BY_CASCADE_OR_KEPT = {"schema_migrations", "video_tallies", "viewer_salts", "analytics_horizon"}


async def test_no_table_is_forgotten(tx: Tx) -> None:
    rows = await tx.fetch(
        """
        SELECT c.relname FROM pg_class c
         WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace = 'public'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_constraint f
                            WHERE f.conrelid = c.oid AND f.contype = 'f' AND f.confdeltype = 'c')
        """
    )
    tables = {row["relname"] for row in rows}
    assert tables - BY_CASCADE_OR_KEPT == set(re.findall(r"DELETE FROM (\w+)", CLEANING))
