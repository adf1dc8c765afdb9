"""Tracking: a report from a player becomes a view, without anything that tells who watched."""

import secrets
from collections.abc import Sequence
from uuid import UUID

from ..kernel.clock import Clock
from ..kernel.coalesce import Coalesced
from ..kernel.db import Database, commit_witness
from ..kernel.errors import DatabaseUnavailable
from ..kernel.ids import uuid7
from ..kernel.macs import Mac
from ..videos import VideoNotFound
from . import rules, store
from .batches import Batches, Outdated, Report, Verdict
from .devices import agent_of
from .geography import Geography
from .models import Agent, Facts, Progress, Reason, Receipt, Visitor
from .salts import Salts

_REMEMBERED = 50_000
_LOOKS = 3
_KEY_BYTES = 32


class Tracking:
    """Records what players report."""

    def __init__(
        self, db: Database, *, clock: Clock, salts: Salts, geography: Geography, batches: Batches
    ) -> None:
        self._db = db
        self._clock = clock
        self._salts = salts
        self._geography = geography
        self._batches = batches
        self._loading = Coalesced[UUID, Facts](self._load_facts)
        # Believed until a batch finds otherwise: each is compared with the database before it is committed.
        self._facts: dict[UUID, Facts] = {}
        self._keys: dict[UUID, Mac] = {}

    async def track_view(self, video_id: UUID, visitor: Visitor, progress: Progress) -> Receipt:
        """Record a report; it is on the disk when this returns. Refuses with `VideoNotFound`."""
        session_id = progress.session_id or uuid7()
        for _ in range(_LOOKS):
            facts = self._facts.get(video_id) or await self._require_facts(video_id)
            if facts.private and visitor.account_id != facts.owner_id:
                raise VideoNotFound
            report = await self._report(video_id, session_id, facts, visitor, progress)
            try:
                reason = await self._write(report)
            except Outdated:
                self._facts.pop(video_id, None)
            else:
                return Receipt(session_id, rules.view_id(video_id, session_id), reason)
        raise DatabaseUnavailable

    async def _write(self, report: Report) -> Verdict:
        if commit_witness.get() is not None:
            return await self._batches.add_alone(report)
        return await self._batches.add(report)

    async def _report(
        self, video_id: UUID, session_id: UUID, facts: Facts, visitor: Visitor, progress: Progress
    ) -> Report:
        """Return all that is kept of a report; the address ends here."""
        now = self._clock()
        day = now.date()
        mac = (self._salts.known(day) or await self._salts.of(day)).mac
        agent = agent_of(visitor.agent)
        place = self._geography.place_of(visitor.address)
        user_id = None if visitor.untracked else visitor.account_id
        viewer_id = None
        if user_id is not None:
            key = self._keys.get(user_id) or await self._key_of(user_id)
            viewer_id = None if key is None else rules.viewer_id(key, str(video_id))
        elif not visitor.untracked:
            viewer_id = rules.viewer_id(mac, f"viewer\0{visitor.address}\0{visitor.agent}")
        reason = _reason(agent, facts, visitor)
        shelf = rules.shelf_of(session_id)
        row = (
            video_id, session_id, shelf, now, viewer_id, user_id,
            min(progress.watched_seconds, rules.LONGEST_SITTING_SECONDS), progress.completion, agent.device,
            agent.browser, agent.os, place.country, "" if viewer_id is None else place.city, reason,
        )  # fmt: skip
        return Report(
            row=row,
            named=progress.session_id is not None,
            video_id=video_id,
            session_id=session_id,
            shelf=shelf,
            facts=facts,
            reason=reason,
            source=rules.viewer_id(mac, f"source\0{video_id}\0{visitor.account_id or visitor.source}"),
            day=day,
        )

    async def _require_facts(self, video_id: UUID) -> Facts:
        facts = await self._loading.get(video_id)
        if facts is None:
            raise VideoNotFound
        if not facts.private:  # who may see it must be known now, not only when it is written
            if len(self._facts) >= _REMEMBERED:
                self._facts.clear()
            self._facts[video_id] = facts
        return facts

    async def _load_facts(self, ids: Sequence[UUID]) -> dict[UUID, Facts]:
        async with self._db.read() as tx:
            return await store.load_facts(tx, ids)

    async def _key_of(self, user_id: UUID) -> Mac | None:
        async with self._db.read() as tx:
            key = await store.load_viewer_key(tx, user_id, secrets.token_bytes(_KEY_BYTES))
        if key is None:
            return None
        if len(self._keys) >= _REMEMBERED:
            self._keys.clear()
        self._keys[user_id] = mac = Mac(key)
        return mac


def _reason(agent: Agent, facts: Facts, visitor: Visitor) -> Reason | None:
    """Return why a view does not count, as far as it can be told from the report alone."""
    if agent.is_crawler:
        return "bot"
    if visitor.account_id == facts.owner_id and not facts.count_owner_views:
        return "owner"
    return None
