"""The storyboard of a seek bar: small pictures of the whole video in one file, placed by WebVTT."""

import math
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageOps

from .models import NotAVideo, Probe, Report, Storyboard
from .opening import open_source
from .pictures import frames_from, picture_of, seconds_of
from .reading import pick_video, pixel_aspect_of
from .unreadable import BREAKS_OFF

_MOST_TILES = 100
_COLUMNS = 10
_TILE_WIDTH = 160
_HIGHEST_TILE = 320
_SHORTEST_STEP_SECONDS = 1.0
_DECODE_ALL_UP_TO_SECONDS = 60.0
_QUALITY = 75


def make_storyboard(video: Path, out_dir: Path, probe: Probe, report: Report) -> Storyboard:
    """Write `storyboard.jpg`, at most 100 tiles in rows of ten, and `storyboard.vtt`; give both.

    The track refers to `storyboard.jpg#xywh=x,y,w,h` (Media Fragments URI 1.0), relative to itself. Of long
    videos only keyframes are taken, so that two hours take seconds. Raises NotAVideo when nothing decodes.
    """
    count = min(_MOST_TILES, max(1, math.ceil(probe.duration_seconds / _SHORTEST_STEP_SECONDS)))
    step = probe.duration_seconds / count
    times = [(index + 0.5) * step for index in range(count)]
    is_short = probe.duration_seconds <= _DECODE_ALL_UP_TO_SECONDS
    tiles: list[Image.Image] = []
    for tile in _played_tiles(video, times) if is_short else _keyframe_tiles(video, times):
        tiles.append(tile)
        report("storyboard", len(tiles) / count)
    if not tiles:
        raise NotAVideo(BREAKS_OFF)
    sprite, track = out_dir / "storyboard.jpg", out_dir / "storyboard.vtt"
    _write_sprite(tiles, sprite)
    track.write_text(_webvtt(tiles, step), encoding="utf-8")
    return Storyboard(sprite=sprite, track=track, tiles=len(tiles))


def _played_tiles(path: Path, times: list[float]) -> Iterator[Image.Image]:
    """Give the picture at each time, by decoding everything once."""
    with open_source(path) as container:
        video = pick_video(container)
        if video is None:
            return
        aspect = pixel_aspect_of(video)
        wanted = iter(times)
        next_time = next(wanted, None)
        last = None
        for frame in frames_from(container, video, 0):
            last = frame
            while next_time is not None and seconds_of(container, frame) >= next_time:
                yield picture_of(frame, aspect, _TILE_WIDTH, most_high=_HIGHEST_TILE)
                next_time = next(wanted, None)
        if next_time is not None and last is not None:
            yield picture_of(last, aspect, _TILE_WIDTH, most_high=_HIGHEST_TILE)


def _keyframe_tiles(path: Path, times: list[float]) -> Iterator[Image.Image]:
    """Give the keyframe before each time; where none can be decoded, the one before it again."""
    with open_source(path) as container:
        video = pick_video(container)
        if video is None:
            return
        video.codec_context.skip_frame = "NONKEY"
        aspect = pixel_aspect_of(video)
        tile = None
        for seconds in times:
            frame = next(frames_from(container, video, seconds), None)
            if frame is not None:
                tile = picture_of(frame, aspect, _TILE_WIDTH, most_high=_HIGHEST_TILE)
            if tile is not None:
                yield tile


def _write_sprite(tiles: list[Image.Image], target: Path) -> None:
    width, height = tiles[0].size
    rows = math.ceil(len(tiles) / _COLUMNS)
    sprite = Image.new("RGB", (width * min(len(tiles), _COLUMNS), height * rows))
    for index, tile in enumerate(tiles):
        sprite.paste(ImageOps.pad(tile, (width, height)), _place(index, width, height))
    sprite.save(target, "JPEG", quality=_QUALITY, optimize=True)


def _webvtt(tiles: list[Image.Image], step: float) -> str:
    width, height = tiles[0].size
    lines = ["WEBVTT", ""]
    for index in range(len(tiles)):
        x, y = _place(index, width, height)
        lines += [
            f"{_timestamp(index * step)} --> {_timestamp((index + 1) * step)}",
            f"storyboard.jpg#xywh={x},{y},{width},{height}",
            "",
        ]
    return "\n".join(lines)


def _place(index: int, width: int, height: int) -> tuple[int, int]:
    return index % _COLUMNS * width, index // _COLUMNS * height


def _timestamp(seconds: float) -> str:
    """Give hh:mm:ss.ttt (WebVTT, 3.3)."""
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"
