"""Makes the sizes of a photo that a stranger sent: by its content, upright, in sRGB, without its metadata.

Everything is encoded anew from the pixels, so nothing else that the file held is ever passed on.
"""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# Pillow's own annotations name numpy, which is not installed, and leave colour profiles open.

import re
import struct
import zlib
from importlib import import_module
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageCms, UnidentifiedImageError

from .models import MadePhoto, NotAPhoto, PhotoSize
from .photo_kinds import BREAKS_OFF, HEIC_READERS, describe_no_photo, may_be_photo
from .unreadable import head_of

SIZES = (("large", 2048), ("medium", 1024), ("small", 320))
"""Each with its longest side in pixels, made from the one before; what is smaller stays as it is."""

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "HEIF")
NEEDS_MEMORY = "This photo needs more memory than is allowed here. Make it smaller."
AMBIGUOUS = "This file is a photo and something else at the same time ({}). Save it anew as a photo."

_KINDS = {"MPO": "JPEG", "HEIF": "HEIC"}  # the former is a JPEG with more pictures in it
# A JPEG is scaled while it is decoded, so that many more pixels cost no more memory.
_MOST_PIXELS = {"JPEG": 200_000_000, "WEBP": 50_000_000}  # the latter's decoder keeps several copies
_MOST_PIXELS_OTHERWISE = 64_000_000
_QUALITY = 82
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,  # Pillow counts anticlockwise
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|svg|script|iframe|\?php)", re.IGNORECASE)
_TAIL_BYTES = 65_557  # the end of a ZIP archive: 22 bytes and a comment of at most 65,535

UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error, KeyError, IndexError)
"""What Pillow raises for bytes that it can make no sense of."""

Image.MAX_IMAGE_PIXELS = None  # `_require_bounded` says it in a sentence


def read_heic() -> bool:
    """Let Pillow read HEIC, where a decoder for it is installed; tell whether it can."""
    for name in HEIC_READERS:
        if find_spec(name) is not None:
            import_module(name).register_heif_opener()
            return True
    return False


def make_sizes(source: Path, out_dir: Path) -> MadePhoto:
    """Write the sizes of a photo into a folder; raises NotAPhoto, and MemoryError beyond the limits."""
    head = head_of(source)
    _refuse_ambiguous(source, head)
    try:
        with Image.open(source, formats=FORMATS) as image:
            kind = _KINDS.get(str(image.format), str(image.format))
            sides = image.size
            _require_bounded(kind, sides)
            picture = _upright(_scaled(image), _orientation(image))
    except UnidentifiedImageError as error:
        raise NotAPhoto(describe_no_photo(head)) from error
    except UNREADABLE as error:
        raise NotAPhoto(BREAKS_OFF) from error
    if (picture.width > picture.height) != (sides[0] > sides[1]) and picture.width != picture.height:
        sides = (sides[1], sides[0])
    return MadePhoto(format=kind.lower(), width=sides[0], height=sides[1], sizes=_write(picture, out_dir))


def _require_bounded(kind: str, sides: tuple[int, int]) -> None:
    pixels, most = sides[0] * sides[1], _MOST_PIXELS.get(kind, _MOST_PIXELS_OTHERWISE)
    if pixels > most:
        sentence = "This photo has {} megapixels; of a {} file, at most {} are taken."
        raise NotAPhoto(sentence.format(pixels // 1_000_000, kind, most // 1_000_000))


def _scaled(image: Image.Image) -> Image.Image:
    """Give the picture in sRGB, at most as large as the largest size."""
    transparent = "transparency" in image.info or image.mode in {"RGBA", "LA", "PA", "La", "RGBa"}
    plain: Image.Image = image
    if image.mode not in {"RGB", "RGBA", "L", "CMYK"}:
        plain = image.convert("RGBA" if transparent else "RGB")
    largest = SIZES[0][1]
    plain.thumbnail((largest, largest), Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain.load()  # a small picture has not even been read by then
    return _in_srgb(plain, image.info.get("icc_profile"))


def _in_srgb(picture: Image.Image, profile: object) -> Image.Image:
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if isinstance(profile, bytes) and profile and picture.mode != "L":
        try:
            given = ImageCms.ImageCmsProfile(BytesIO(profile))
            changed = ImageCms.profileToProfile(
                picture, given, ImageCms.createProfile("sRGB"), outputMode=mode
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            changed = None  # a profile that cannot be used: the colours are taken as they are
        if changed is not None:
            return changed
    return picture if picture.mode == mode else picture.convert(mode)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except (*UNREADABLE, TypeError):
        return 1  # EXIF that cannot be read says nothing


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    return picture.transpose(_UPRIGHT[orientation]) if orientation in _UPRIGHT else picture


def _write(picture: Image.Image, out_dir: Path) -> tuple[PhotoSize, ...]:
    made: list[PhotoSize] = []
    picture.info.clear()  # whatever is in it, position above all, would be written along
    for name, longest in SIZES:
        picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        file = out_dir / f"{name}.webp"
        picture.save(file, "WEBP", quality=_QUALITY, method=4)
        made.append(PhotoSize(name, picture.width, picture.height, file.stat().st_size))
    return tuple(made)


def _refuse_ambiguous(source: Path, head: bytes) -> None:
    """Refuse a photo that other programs would take for something else.

    It could do no harm here; but whoever made it so wanted it to, elsewhere.
    """
    if not may_be_photo(head):
        return
    if b"%PDF-" in head[:1024]:
        raise NotAPhoto(AMBIGUOUS.format("PDF"))
    if _MARKUP.search(head):
        raise NotAPhoto(AMBIGUOUS.format("a web page or program text"))
    with source.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL_BYTES))
        tail = file.read()
    end = tail.rfind(b"PK\x05\x06")
    if end >= 0 and len(tail) - end >= 22 and b"PK\x03\x04" in source.read_bytes():  # noqa: PLR2004 - as above
        raise NotAPhoto(AMBIGUOUS.format("a ZIP archive"))
