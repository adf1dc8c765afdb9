"""The calls about recordings, which Cloudflare's API lacks: the packets of published tracks, each in a file.

The file (see `..recording`) is in the server's folder of recordings, under a name that the caller chose or
the answer gives. It ends when it is stopped, and when its track or its connection ends; it stays until it is
removed.
"""

import asyncio
import re
import secrets
from pathlib import Path

import msgspec

from ..plane import Plane, PlaneRefusal, RepeatedTrack, Source
from .refusals import NOT_FOUND, REPEATED, InvalidParams, ItemError, NotFound
from .schemas import (
    Answer,
    KeptRecording,
    KeptRecordings,
    RecordedTracks,
    Track,
    checked_count,
    checked_name,
    with_outcome,
)
from .sessions import Session

_FAILED = ItemError("internal_error", "The file cannot be written")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}\.ktrtp")


class Recordings:
    """Starts and stops recordings in a folder, and gives out what is in it."""

    def __init__(self, plane: Plane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder
        self._instance = secrets.token_hex(8)

    def start(self, session: Session, wish: RecordedTracks) -> Answer:
        """Record published tracks from now on, each to a file of its own."""
        return Answer(tracks=[self._start(session, track) for track in checked_count(wish.tracks, "tracks")])

    async def stop(self, session: Session, wish: RecordedTracks) -> Answer:
        """Return when the files are complete."""
        tracks = [await self._stop(session, track) for track in checked_count(wish.tracks, "tracks")]
        return Answer(tracks=tracks)

    async def kept(self) -> KeptRecordings:
        """Return the files that are there."""
        await self._plane.settle_recordings()
        return KeptRecordings(self._instance, await asyncio.to_thread(self._kept, self._active()))

    async def file(self, name: str) -> Path:
        """Return where a file is, with all in it that was stopped before; refuses with `NotFound`."""
        await self._plane.settle_recordings()
        path = self._folder / _checked(name)
        if not await asyncio.to_thread(path.is_file):
            raise NotFound("There is no such recording")
        return path

    async def remove(self, name: str) -> Answer:
        """Remove a file; one that is not there is as good as removed."""
        if _checked(name) in self._active():
            raise InvalidParams("This is being recorded")
        await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)
        return Answer()

    def _active(self) -> frozenset[str]:
        return frozenset(path.name for path in self._plane.recorded().values())

    def _kept(self, active: frozenset[str]) -> list[KeptRecording]:
        if not self._folder.is_dir():
            return []
        found = sorted(path for path in self._folder.iterdir() if _NAME.fullmatch(path.name))
        return [KeptRecording(path.name, path.stat().st_size, path.name in active) for path in found]

    def _start(self, session: Session, track: Track) -> Track:
        name = f"{secrets.token_hex(16)}.ktrtp" if track.recording is None else _checked(track.recording)
        source = _source(session, track)
        if source is None:
            return with_outcome(track, "", NOT_FOUND)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._plane.record(source, self._folder / name)
        except RepeatedTrack:
            if self._plane.recorded()[source].name != track.recording:  # else it was asked for twice
                return with_outcome(track, source.mid, REPEATED)
        except PlaneRefusal:
            return with_outcome(track, source.mid, NOT_FOUND)
        except OSError:
            return with_outcome(track, source.mid, _FAILED)
        return msgspec.structs.replace(track, mid=source.mid, recording=name)

    async def _stop(self, session: Session, track: Track) -> Track:
        source = _source(session, track)
        if source is None:
            return with_outcome(track, "", NOT_FOUND)
        try:
            await self._plane.stop_recording(source)
        except PlaneRefusal:
            return with_outcome(track, source.mid, NOT_FOUND)
        except OSError:
            return with_outcome(track, source.mid, _FAILED)
        return msgspec.structs.replace(track, mid=source.mid)


def _source(session: Session, track: Track) -> Source | None:
    line = session.negotiation.pushing(checked_name(track.track_name, "trackName"))
    return None if line is None else Source(session.id, line.mid)


def _checked(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise InvalidParams("recording must be a name of letters, digits, - and _, and end in .ktrtp")
    return name
