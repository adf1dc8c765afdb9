"""HTTP Live Streaming (RFC 8216) from a finished MP4: the same packets in fragmented MP4 segments."""

import shutil
from fractions import Fraction
from pathlib import Path

import av

from .copied import CopiedTrack
from .models import Probe, Report
from .opening import UNREADABLE, open_source
from .reading import packets_until_broken, pick_audio, pick_video, pictures_of
from .typed_av import mux

PLAYLIST = "index.m3u8"
_SEGMENT_SECONDS = 6


def make_hls(video: Path, out_dir: Path, probe: Probe, report: Report) -> Path | None:
    """Write `hls/index.m3u8`, `hls/init.mp4` and `hls/segment_00000.m4s` and so on; give the playlist.

    `video` must be MP4 with H.264 and AAC. Segments begin with a keyframe and last 6 s or until the next one.
    Gives None and leaves nothing when what was written does not play: the MP4 still does.
    """
    folder = out_dir / "hls"
    folder.mkdir()
    playlist = folder / PLAYLIST
    try:
        _segment(video, playlist, probe, report)
        plays = _plays(playlist, probe)
    except MemoryError:
        raise
    except UNREADABLE:
        plays = False
    if not plays:
        shutil.rmtree(folder)
        return None
    report("streaming", 1)
    return playlist


def _segment(source: Path, playlist: Path, probe: Probe, report: Report) -> None:
    options = {
        "hls_time": str(_SEGMENT_SECONDS),
        "hls_playlist_type": "vod",
        "hls_list_size": "0",
        "hls_segment_type": "fmp4",
        "hls_flags": "independent_segments",
        "hls_fmp4_init_filename": "init.mp4",
        "hls_segment_filename": str(playlist.parent / "segment_%05d.m4s"),
    }
    with (
        open_source(source) as container,
        av.open(str(playlist), "w", format="hls", options=options) as out,
    ):
        streams = [stream for stream in (pick_video(container), pick_audio(container)) if stream is not None]
        tracks = {stream.index: CopiedTrack(stream, out) for stream in streams}
        for packet in packets_until_broken(container, *streams):
            if packet.dts is not None:
                report("streaming", _share(packet.dts * packet.time_base, probe))
            for made in tracks[packet.stream_index].take(packet):
                mux(out, made)


def _share(time: Fraction, probe: Probe) -> float:
    return min(1.0, max(0.0, float(time) / probe.duration_seconds))


def _plays(playlist: Path, probe: Probe) -> bool:
    """Read it back as a player does: all segments must be there, and the first picture must decode."""
    with av.open(str(playlist), "r", options={"protocol_whitelist": "file"}) as container:
        video = pick_video(container)
        if video is None:
            return False
        duration = (container.duration or 0) / av.time_base
        has_picture = False
        last = Fraction(0)
        for packet in packets_until_broken(container, video):
            has_picture = has_picture or bool(pictures_of(video, packet))
            last = max(last, (packet.pts or 0) * packet.time_base)
    slack = 1 + probe.duration_seconds / 50
    return has_picture and abs(duration - probe.duration_seconds) <= slack and last >= duration - slack
