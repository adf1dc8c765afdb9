"""The calls about recordings, which Cloudflare's API lacks: the packets of published tracks, each in a file.

The file (see `..recording`) is in the server's folder of recordings, under the name that the answer gives. It
ends when it is stopped, and when its track's connection ends.
"""

import secrets
from pathlib import Path

import msgspec

from ..plane import Plane, PlaneRefusal, RepeatedTrack, Source
from .refusals import NOT_FOUND, REPEATED, ItemError
from .schemas import Answer, RecordedTracks, Track, checked_count, checked_name, with_outcome
from .sessions import Session

_FAILED = ItemError("internal_error", "The file cannot be written")


class Recordings:
    """Starts and stops recordings in a folder."""

    def __init__(self, plane: Plane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder

    def start(self, session: Session, wish: RecordedTracks) -> Answer:
        """Record published tracks from now on, each to a file of its own."""
        return Answer(tracks=[self._start(session, track) for track in checked_count(wish.tracks, "tracks")])

    async def stop(self, session: Session, wish: RecordedTracks) -> Answer:
        """Return when the files are complete."""
        tracks = [await self._stop(session, track) for track in checked_count(wish.tracks, "tracks")]
        return Answer(tracks=tracks)

    def _start(self, session: Session, track: Track) -> Track:
        source = _source(session, track)
        if source is None:
            return with_outcome(track, "", NOT_FOUND)
        name = f"{secrets.token_hex(16)}.ktrtp"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._plane.record(source, self._folder / name)
        except RepeatedTrack:
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
