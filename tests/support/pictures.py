"""Photos as people send them, and as those send them who mean harm."""

# pyright: reportUnknownMemberType=false
# Pillow's own annotations name numpy, which is not installed.

import base64
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAA"
    "ACJpbG9jAAAAAERAAAEAAQAAAAABoQABAAAAAAAAAB0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRt"
    "AAAAAAABAAAA/WlwcnAAAADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5j"
    "bHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAAAAAAAv////AAAAACAAAAEHBp"
    "eGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAACVtZGF0AAAAGSgBrxOA9SeBP//wyFFf/AQ6v9+u3558tTw="
)
"""64 × 48 pixels of blue, as an iPhone would send it. Nothing that is installed here can write it."""

_ORIENTATION, _GPS, _LATITUDE = 0x0112, 0x8825, 2


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (400, 300), mode: str = "RGB", **options: Any
) -> bytes:
    """Return an image whose left half is red and whose right half is blue."""
    image = Image.new(mode, size, "red")
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, size[0], size[1]), fill="blue")
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def snapshot(kind: str = "JPEG", *, orientation: int = 1) -> bytes:
    """Return a photo that says how the camera was held, and where."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    exif.get_ifd(_GPS)[_LATITUDE] = (52.0, 30.0, 0.0)
    exif[0x010F] = "Camera of Alice"
    return picture(kind, exif=exif)


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """Return a PNG that says to be this large, with these chunks before its (few) pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    row = b"\0" + b"\0\0\0" * min(width, 100)
    parts = [(b"IHDR", head), *chunks, (b"IDAT", zlib.compress(row * min(height, 100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, content) for name, content in parts)


def webp(width: int, height: int) -> bytes:
    """Return the head of a WebP file of this size, and nothing that could be read of it."""
    chunk = b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14) + bytes(41)
    return b"RIFF" + struct.pack("<I", len(chunk) + 12) + b"WEBPVP8L" + struct.pack("<I", len(chunk)) + chunk


def swollen(name: bytes, size: int = 100_000_000) -> tuple[bytes, bytes]:
    """Return a chunk of metadata that is a thousand times as large when it is unpacked."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(1 << 20)) for _ in range(size >> 20)) + packer.flush()
    return name, b"a\0\0" + packed


def with_archive(photo: bytes) -> bytes:
    """Return a photo that is a ZIP archive as well."""
    return photo + b"PK\x03\x04" + bytes(26) + b"PK\x05\x06" + bytes(18)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
