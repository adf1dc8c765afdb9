"""Group commit: all reports that arrive while the last batch is being written go out together.

No timer. Each report waits for the commit of its own batch, so what is answered is on the disk.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from datetime import date
from uuid import UUID

import msgspec
from asyncpg import DeadlockDetectedError, UniqueViolationError

from ..kernel.db import Database, Tx
from ..kernel.errors import DatabaseUnavailable
from . import store
from .models import Facts, Reason
from .store import Row, Sitting

_AT_MOST = 1000
_ATTEMPTS = 3


class Outdated(Exception):  # noqa: N818 - it is no error: look again
    """What was believed of a video is not true any more; nothing was written."""


class Report(msgspec.Struct, frozen=True):
    """A report that is ready to be written: `row` is a sitting as `store.Batch` has it, up to its reason.

    `named` says that it came with the id of its sitting, which may be there already; `source` is whose
    quota a new view is taken from.
    """

    row: Row
    named: bool
    video_id: UUID
    session_id: UUID
    shelf: date
    facts: Facts
    reason: Reason | None
    source: UUID
    day: date

    @property
    def key(self) -> Sitting:
        """Which sitting it is of."""
        return self.video_id, self.session_id


Verdict = Reason | None
Waiting = tuple[Report, "asyncio.Future[Verdict]"]


class Batches:
    """Writes reports in batches, one after the other.

    `quota` is how many new views of a source count. `written` is called after each batch, `recovered` after
    the first that could be written since the database was away.
    """

    def __init__(
        self,
        db: Database,
        *,
        quota: int,
        written: Callable[[], None],
        recovered: Callable[[], Awaitable[None]],
    ) -> None:
        self._db = db
        self._recovered = recovered
        self._quota = quota
        self._written = written
        self._queue: deque[Waiting] = deque()
        self._task: asyncio.Task[None] | None = None
        self._ids = iter(range(0))

    def add(self, report: Report) -> "asyncio.Future[Verdict]":
        """Return what will be the verdict on a report once it is committed; fails with `Outdated`."""
        loop = asyncio.get_running_loop()
        verdict: asyncio.Future[Verdict] = loop.create_future()
        self._queue.append((report, verdict))
        if self._task is None:
            # An empty context: what belongs to the request that happens to begin it is not the others'.
            self._task = loop.create_task(self._work(), context=Context())
        return verdict

    async def add_alone(self, report: Report) -> Verdict:
        """Write one report in a transaction of this context, with all that must happen in its commit."""
        try:
            verdicts = await self._commit_alone(report)
        except _OutdatedVideos as found:
            raise Outdated from found
        except DeadlockDetectedError:
            verdicts = await self._commit_alone(report)
        self._written()
        return verdicts[0]

    async def _commit_alone(self, report: Report) -> list[Verdict]:
        async with self._db.transaction() as tx:
            return await self._write(tx, [report], retried=False)

    async def open(self) -> None:
        """Need nothing."""

    async def close(self) -> None:
        """Return when nothing waits any more."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        try:
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(len(self._queue), _AT_MOST))]
                await self._settle(batch)
        finally:
            self._task = None

    async def _settle(self, batch: Sequence[Waiting]) -> None:
        """Write a batch and tell everybody in it; what is outdated in it holds up nobody else."""
        retried = False
        for _ in range(_ATTEMPTS):
            try:
                _tell(batch, await self._commit([report for report, _ in batch], retried=retried))
            except _OutdatedVideos as found:
                _fail([item for item in batch if item[0].video_id in found.ids], Outdated())
                batch = [item for item in batch if item[0].video_id not in found.ids]
            except (DatabaseUnavailable, UniqueViolationError, DeadlockDetectedError):
                # A deadlock is with whoever makes a partition, of a table that we read first and write then.
                retried = True
            except Exception as error:  # noqa: BLE001 - it goes to each request, as its own
                _fail(batch, error)
                return
            else:
                self._written()
                break
        else:
            _fail(batch, DatabaseUnavailable())
            return
        if retried:
            await self._recovered()

    async def _commit(self, reports: Sequence[Report], *, retried: bool) -> list[Verdict]:
        if not reports:
            return []
        async with self._db.read() as tx:  # one statement, which is a transaction of its own
            return await self._write(tx, reports, retried=retried)

    async def _write(self, tx: Tx, reports: Sequence[Report], *, retried: bool) -> list[Verdict]:
        """Write a batch; one whose commit was lost from sight may be there already, so none of it is new."""
        first: dict[Sitting, Report] = {}
        believed: dict[UUID, Facts] = {}
        rows: list[Row] = []
        for report in reports:
            believed.setdefault(report.video_id, report.facts)
            is_first = first.setdefault(report.key, report) is report
            rows.append((*report.row, report.source, retried or report.named, is_first))
        outdated = {report.video_id for report in reports if report.facts != believed[report.video_id]}
        if outdated:
            raise _OutdatedVideos(outdated)
        batch = store.Batch(await self._next_id(tx), believed, rows, reports[0].day)
        saved = await store.save_batch(tx, batch, quota=self._quota)
        if saved.outdated:
            raise _OutdatedVideos(saved.outdated)
        if saved.overtaken:
            late = [first[key] for key in saved.overtaken]
            saved.reasons.update(await store.give_way(tx, [_overtaken(report) for report in late]))
        return [saved.reasons.get(report.key, first[report.key].reason) for report in reports]

    async def _next_id(self, tx: Tx) -> int:
        """Return an id that no other batch of any process has."""
        batch_id = next(self._ids, None)
        if batch_id is None:
            self._ids = iter(await store.reserve_batch_ids(tx))
            batch_id = next(self._ids)
        return batch_id


def _overtaken(report: Report) -> Row:
    return (*report.key, report.shelf, report.source, report.reason is None)


class _OutdatedVideos(Exception):  # noqa: N818 - as Outdated
    """Some reports of a batch are about videos that have changed."""

    def __init__(self, ids: set[UUID]) -> None:
        self.ids = ids
        super().__init__()


def _tell(batch: Sequence[Waiting], verdicts: Sequence[Verdict]) -> None:
    for (_, waiting), verdict in zip(batch, verdicts, strict=True):
        if not waiting.done():
            waiting.set_result(verdict)


def _fail(batch: Sequence[Waiting], error: Exception) -> None:
    for _, waiting in batch:
        if not waiting.done():
            waiting.set_exception(error)
            waiting.exception()  # a request that has gone away must not leave a warning behind
