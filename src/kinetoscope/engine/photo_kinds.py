"""Tells by its first bytes whether a file may be a photo, and says in a sentence what it is if not."""

from importlib.util import find_spec

from .unreadable import describe_head, is_video

BREAKS_OFF = "This photo breaks off, or is damaged. Upload it again."
HEIC_READERS = ("pi_heif", "pillow_heif")

_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")


def may_be_photo(head: bytes) -> bool:
    """Whether a file that begins so is worth a closer look."""
    return (
        head.startswith(_STARTS)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or _brand(head) in _AVIF_BRANDS
        or (_brand(head) in _HEIC_BRANDS and any(find_spec(name) is not None for name in HEIC_READERS))
    )


def describe_no_photo(head: bytes) -> str:
    """Give the sentence for a file that begins so and is none of the formats."""
    if may_be_photo(head):
        return BREAKS_OFF
    if _brand(head) in _HEIC_BRANDS:
        return "This installation does not read HEIC. Send the photo as JPEG."
    if is_video(head):
        return "This file is a video, not a photo."
    sentence = describe_head(head).replace("not a video", "not a photo")
    return sentence.replace("read as a video", "read as a photo: send JPEG, PNG, WebP, AVIF or HEIC")


def _brand(head: bytes) -> bytes:
    return head[8:12] if head[4:8] == b"ftyp" else b""
