"""Opening a file that a stranger sent, so that nothing but its own bytes can be read through it."""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import av
from av.container import InputContainer
from av.error import FFmpegError

# Playlists (hls, dash, concat), devices, image sequences by pattern and text formats are not here: they name
# other files or are no videos. Sound and pictures are, so that the refusal can say what the file is.
VIDEO_FORMATS = (
    "mov",
    "mp4",
    "matroska",
    "webm",
    "avi",
    "flv",
    "mpegts",
    "mpeg",
    "mpegvideo",
    "m4v",
    "h264",
    "hevc",
    "obu",
    "ivf",
    "asf",
    "ogg",
    "mxf",
    "nut",
    "rm",
    "wtv",
    "dv",
    "gif",
    "yuv4mpegpipe",
    "mjpeg",
)
SOUND_FORMATS = ("mp3", "wav", "flac", "aac", "ac3", "eac3", "aiff", "amr", "ape", "au", "caf", "w64", "wv")
PICTURE_FORMATS = (
    "png_pipe",
    "jpeg_pipe",
    "webp_pipe",
    "bmp_pipe",
    "tiff_pipe",
    "jpegxl_pipe",
    "psd_pipe",
    "apng",
    "ico",
)

UNREADABLE = (FFmpegError, ValueError, OSError, EOFError)
"""What PyAV raises for bytes that it can make no sense of."""

_OPTIONS: Mapping[str, str] = {
    "format_whitelist": ",".join(VIDEO_FORMATS + SOUND_FORMATS + PICTURE_FORMATS),
    "protocol_whitelist": "none",
    "probesize": str(10 * 1024 * 1024),
    "analyzeduration": "10000000",  # microseconds
    "max_streams": "64",
    "fflags": "+genpts+discardcorrupt",
}


def _refuse(url: str, flags: int, options: Mapping[str, str]) -> NoReturn:
    raise PermissionError(f"A video may not open another file: {url!r}, {flags}, {dict(options)}")


@contextmanager
def open_source(path: Path) -> Generator[InputContainer]:
    """Give the demuxer of a file, found by content and never by name; it can open nothing else.

    Raises FFmpegError, ValueError or OSError when no known format fits.
    """
    # A file without a name instead of a path: FFmpeg then has nothing to guess from and no folder to look in.
    with (
        os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC), "rb") as file,
        av.open(file, "r", options=dict(_OPTIONS), metadata_errors="replace", io_open=_refuse) as container,
    ):
        yield container
