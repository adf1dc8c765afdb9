"""A platform to measure on: loads videos and votes in bulk, then lets the platform's own jobs work."""

import asyncio
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from kinetoscope.kernel.db import Tx
from kinetoscope.kernel.ids import uuid7
from kinetoscope.kernel.migrate import migrate
from kinetoscope.kernel.secrets import Keyring
from kinetoscope.kernel.settings import Settings
from kinetoscope.recommendations import Counting, Training
from kinetoscope.recommendations.list_store import Key
from kinetoscope.recommendations.making import make_list
from kinetoscope.recommendations.models import FIRST_POLICY, Strategy
from kinetoscope.search import Embedders, Indexing, Vectors
from kinetoscope.videos import Video
from kinetoscope.videos.store import insert_video
from kinetoscope.wiring import Platform, build_platform

from . import made_up

NAMES = UUID(int=7)
START = datetime(2026, 1, 1, tzinfo=UTC)
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Item:
    """A video of a set of data."""

    name: str
    title: str
    description: str
    tags: tuple[str, ...]
    author: str = "anybody"


class Stage:
    """A platform with a set of data in it."""

    def __init__(self, dsn: str, folder: Path, models: Path) -> None:
        settings = Settings(
            data_dir=folder,
            models_dir=models,
            embedding_threads=os.cpu_count() or 1,
            _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
        )
        self.dsn = dsn
        self.platform: Platform = build_platform(settings, dsn=dsn, keyring=Keyring(b"k" * 32))
        self.ids: dict[str, UUID] = {}

        chosen = next(r for r in self.platform.resources if isinstance(r, Embedders))
        # All that is measured here is English: the model for other languages has nothing to do.
        self._vectors = Vectors(
            self.platform.db,
            clock=self.platform.clock,
            embedders=Embedders({"main": chosen.chosen["main"]}),
        )

    def service(self, kind: type) -> Any:  # noqa: ANN401 - the caller knows what it asks for
        """Return a service of the platform."""
        return self.platform.services[kind]

    async def open(self) -> None:
        """Make the tables and connect."""
        await migrate(self.dsn)
        await self.platform.open()

    async def close(self) -> None:
        """End what is under way."""
        await self.platform.close()

    async def load(self, items: Sequence[Item]) -> None:
        """Register videos and index them, vectors included."""
        async with self.platform.db.transaction() as tx:
            owner, project = await _owner(tx)
            for item in items:
                video = _video(item, owner, project)
                self.ids[item.name] = video.id
                await insert_video(tx, video)
            await tx.execute("DELETE FROM jobs")
        indexing = self.service(Indexing)
        await self._vectors.catch_up()
        ids = list(self.ids.values())
        for start in range(0, len(ids), _AT_ONCE):
            documents = [await indexing.index_video(video_id) for video_id in ids[start : start + _AT_ONCE]]
            await asyncio.gather(*(self._vectors.embed(document) for document in documents))
        await self._vectors.catch_up()
        async with self.platform.db.read() as tx:
            await tx.execute("ANALYZE")

    async def load_made_up(self, items: Sequence[Item], *, seed: int) -> None:
        """Register videos with vectors and votes that are made up."""
        async with self.platform.db.transaction() as tx:
            owner, project = await _owner(tx)
        for start in range(0, len(items), 1000):
            async with self.platform.db.transaction() as tx:
                for item in items[start : start + 1000]:
                    video = _video(item, owner, project)
                    self.ids[item.name] = video.id
                    await insert_video(tx, video)
                await tx.execute("DELETE FROM jobs")
        indexing = self.service(Indexing)
        ids = list(self.ids.values())
        for start in range(0, len(ids), 200):
            await asyncio.gather(*(indexing.index_video(video_id) for video_id in ids[start : start + 200]))
        async with self.platform.db.transaction() as tx:
            await made_up.add_vectors(tx, seed=seed)
            await made_up.add_votes(tx, ids, people=len(ids) // 10, each=20, seed=seed)
            await tx.execute("INSERT INTO recommendation_state DEFAULT VALUES ON CONFLICT DO NOTHING")
            await tx.execute("ANALYZE")
        await self.service(Training).train()

    async def find_again(self) -> None:
        """Take a platform that an earlier run has filled; its lists are made anew."""
        async with self.platform.db.transaction() as tx:
            await tx.execute("DELETE FROM recommendation_lists")
            rows = await tx.fetch("SELECT id FROM videos ORDER BY id")
        self.ids = {str(number): row[0] for number, row in enumerate(rows)}

    async def add_account(self) -> UUID:
        """Add somebody who asks, and has watched something."""
        account = uuid7()
        async with self.platform.db.transaction() as tx:
            await tx.execute(
                """
                INSERT INTO accounts (id, email, email_key, name, password_hash, created_at)
                VALUES ($1, $2, $2, 'B', '', $3)
                """,
                account,
                f"{account}@example.org",
                START,
            )
            await tx.execute(
                """
                INSERT INTO recommendation_votes (voter, video_id, voted_at)
                SELECT $1, video_id, now() FROM recommendation_videos ORDER BY popularity DESC LIMIT 30
                """,
                account,
            )
        return account

    async def vote(self, votes: Iterable[tuple[str, str]]) -> None:
        """Let people watch, in this order, then count and train."""
        rows = [
            (uuid7(), self.ids[item], uuid5(NAMES, person), START + timedelta(seconds=number))
            for number, (person, item) in enumerate(votes)
        ]
        async with self.platform.db.transaction() as tx:
            await tx.execute("ALTER TABLE sittings ALTER COLUMN batch_id SET DEFAULT 0")
            await tx.copy(
                "sittings",
                (
                    "session_id", "video_id", "viewer_id", "occurred_at", "seen_at", "shelf",
                    "watched_seconds", "completion", "device", "browser", "os", "country", "city",
                ),
                [
                    (sid, vid, who, at, at, at.date(), 60, 9000, "desktop", "x", "x", "unknown", "")
                    for sid, vid, who, at in rows
                ],
            )  # fmt: skip
        await self.service(Counting).count()
        await self.service(Training).train()

    async def list_of(self, name: str, strategy: Strategy) -> list[UUID]:
        """Return the list beside a video, as deep as the platform keeps it."""
        key = Key(self.ids[name], strategy, FIRST_POLICY.version)
        async with self.platform.db.transaction() as tx:
            kept = await make_list(tx, key, FIRST_POLICY, now=self.platform.clock())
        return [item.video_id for item in kept.ranked]


def _video(item: Item, owner: UUID, project: UUID) -> Video:
    return Video(
        id=uuid7(), owner_id=owner, project_id=project, author=item.author[:250] or "anybody",
        title=item.title[:255], description=item.description[:10_000], video_type="other", video_url=None,
        thumbnail_url=None, duration=None, tags=item.tags, tech_stack=(), project_url=None,
        visibility="public", status="ready", status_detail=None, playback=None, version=1,
        created_at=START, updated_at=START,
    )  # fmt: skip


async def _owner(tx: Tx) -> tuple[UUID, UUID]:
    owner, project = uuid7(), uuid7()
    await tx.execute(
        """
        INSERT INTO accounts (id, email, email_key, name, password_hash, created_at)
        VALUES ($1, 'a@example.org', 'a@example.org', 'A', '', $2)
        """,
        owner,
        START,
    )
    await tx.execute(
        "INSERT INTO projects (id, owner_id, name, name_key, created_at, updated_at) "
        "VALUES ($1, $2, 'p', 'p', $3, $3)",
        project,
        owner,
        START,
    )
    return owner, project
