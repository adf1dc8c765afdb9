"""Says in a sentence what a file is that could not be opened as a video, or as a photo."""

from pathlib import Path

_KNOWN = (
    (b"PK\x03\x04", "This file is a ZIP archive, not a video."),
    (b"%PDF-", "This file is a PDF document, not a video."),
    (b"\x1f\x8b", "This file is a compressed archive, not a video."),
    (b"7z\xbc\xaf\x27\x1c", "This file is a 7z archive, not a video."),
    (b"\x7fELF", "This file is a program, not a video."),
    (b"MZ", "This file is a program, not a video."),
    (b"#EXTM3U", "This file is a playlist that points to a video, not the video itself."),
    (b"ffconcat", "This file is a playlist that points to a video, not the video itself."),
)
_VIDEO_STARTS = ((4, b"ftyp"), (0, b"\x1a\x45\xdf\xa3"), (8, b"AVI "), (0, b"FLV\x01"), (0, b"OggS"))
BREAKS_OFF = "This video breaks off: the file is truncated or damaged. Upload it again."
IS_DAMAGED = "This video is damaged and cannot be converted to one that browsers play."
CANNOT_BE_READ = "This file cannot be read as a video."


def describe_unreadable(path: Path) -> str:
    """Give the sentence for a file that no demuxer could open."""
    return describe_head(head_of(path))


def head_of(path: Path) -> bytes:
    """Give the beginning of a file, as much as is needed to tell what it is."""
    with path.open("rb") as file:
        return file.read(4096)


def is_video(head: bytes) -> bool:
    """Whether a file begins as the usual containers of video do."""
    return any(head[at : at + len(mark)] == mark for at, mark in _VIDEO_STARTS)


def describe_head(head: bytes) -> str:
    """Give the sentence for a file that begins so."""
    if not head:
        return "This file is empty."
    for start, sentence in _KNOWN:
        if head.startswith(start):
            return sentence
    if is_video(head):
        return BREAKS_OFF
    return _describe_text(head)


def _describe_text(head: bytes) -> str:
    text = head.decode("utf-8", errors="ignore").lstrip().lower()
    if b"\x00" in head or len(text.encode()) < len(head.lstrip()) - 8:
        return CANNOT_BE_READ
    if text.startswith(("<!doctype html", "<html")):
        return "This file is a web page, not a video."
    if "<svg" in text[:1024]:
        return "This file is a drawing (SVG), not a video."
    return "This file is a text file, not a video."
