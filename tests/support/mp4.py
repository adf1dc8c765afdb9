"""Lies written into the headers of real MP4 files (ISO/IEC 14496-12)."""

from pathlib import Path

_VISUAL_SIZE_AT = 28  # after the name of a VisualSampleEntry, 12.1.3.2


def claim_size(path: Path, entry: bytes, width: int, height: int) -> None:
    """Let the sample description `entry` claim another size of the picture."""
    content = bytearray(path.read_bytes())
    at = content.index(entry, content.index(b"stsd")) + _VISUAL_SIZE_AT
    content[at : at + 4] = width.to_bytes(2, "big") + height.to_bytes(2, "big")
    path.write_bytes(content)
