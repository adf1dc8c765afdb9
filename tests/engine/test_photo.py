"""The engine and photos: what is read, what comes of it, and what is refused within bounds."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# Pillow's own annotations name numpy, which is not installed, and leave colour profiles open.

import asyncio
import os
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import psutil
import pytest
from PIL import Image, ImageCms

from kinetoscope.engine import MadePhoto, NotAPhoto, PhotoLimits, make_photo
from kinetoscope.engine.photo import make_sizes, read_heic
from support.pictures import HEIC, picture, png, snapshot, swollen, webp, with_archive
from support.server import eventually

read_heic()


async def made(tmp_path: Path, content: bytes) -> MadePhoto:
    """Do the engine's work in this process, which is quicker than to start one."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.write_bytes(content)
    out.mkdir(exist_ok=True)
    return make_sizes(source, out)


async def made_apart(tmp_path: Path, content: bytes, limits: PhotoLimits | None = None) -> MadePhoto:
    """Do it as the platform does: in a confined child."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.write_bytes(content)
    out.mkdir(exist_ok=True)
    return await make_photo(source, out, limits or PhotoLimits())


async def refusal(tmp_path: Path, content: bytes, limits: PhotoLimits | None = None) -> str:
    with pytest.raises(NotAPhoto) as caught:
        await made_apart(tmp_path, content, limits)
    return caught.value.reason


def opened(tmp_path: Path, size: str = "large") -> Image.Image:
    image = Image.open(tmp_path / "out" / f"{size}.webp")
    image.load()
    return image


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (picture("JPEG"), "jpeg"),
        (picture("PNG"), "png"),
        (picture("PNG", mode="P"), "png"),
        (picture("PNG", mode="L"), "png"),
        (picture("JPEG", mode="CMYK"), "jpeg"),
        (picture("WEBP"), "webp"),
        (picture("AVIF"), "avif"),
        (HEIC, "heic"),
    ],
    ids=["jpeg", "png", "palette", "grey", "cmyk", "webp", "avif", "heic"],
)
async def test_each_kind_is_told_by_its_content(tmp_path: Path, content: bytes, kind: str) -> None:
    photo = await made(tmp_path, content)
    assert photo.format == kind
    assert {size.name for size in photo.sizes} == {"large", "medium", "small"}
    assert opened(tmp_path).format == "WEBP"


async def test_three_sizes_none_of_them_enlarged(tmp_path: Path) -> None:
    photo = await made(tmp_path, picture("JPEG", (3000, 1500)))
    assert (photo.width, photo.height) == (3000, 1500)
    assert [(size.name, size.width, size.height) for size in photo.sizes] == [
        ("large", 2048, 1024),
        ("medium", 1024, 512),
        ("small", 320, 160),
    ]
    assert opened(tmp_path, "small").size == (320, 160)
    small = await made(tmp_path, picture("PNG", (30, 20)))
    assert {(size.width, size.height) for size in small.sizes} == {(30, 20)}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
async def test_it_is_turned_upright(tmp_path: Path, kind: str, orientation: int) -> None:
    photo = await made(tmp_path, snapshot(kind, orientation=orientation))
    image = opened(tmp_path).convert("RGB")
    turned = orientation in {6, 8}
    assert image.size == (photo.width, photo.height) == ((300, 400) if turned else (400, 300))
    red_at = {1: (20, 150), 3: (380, 150), 6: (150, 20), 8: (150, 380)}[orientation]
    red, _, blue = image.getpixel(red_at)  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType] - RGB
    assert red > 200 > blue


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_nothing_of_its_metadata_is_left(tmp_path: Path, kind: str) -> None:
    content = snapshot(kind)
    assert b"Camera of Alice" in content
    await made(tmp_path, content)
    for size in ("large", "medium", "small"):
        written = (tmp_path / "out" / f"{size}.webp").read_bytes()
        assert not [mark for mark in (b"EXIF", b"Exif", b"XMP", b"ICCP", b"Alice") if mark in written]
        assert not opened(tmp_path, size).getexif()


async def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    content = BytesIO()
    Image.new("RGBA", (50, 50), (255, 0, 0, 0)).save(content, "PNG")
    await made(tmp_path, content.getvalue())
    assert opened(tmp_path).getpixel((25, 25))[3] == 0  # pyright: ignore[reportOptionalSubscript, reportIndexIssue] - RGBA


async def test_colours_are_brought_into_srgb(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (plain, profile, b"not a profile"):  # one that fits, and two that cannot be used
        await made(tmp_path, picture("JPEG", icc_profile=icc))
        red, _, blue = opened(tmp_path).convert("RGB").getpixel((20, 20))  # pyright: ignore[reportGeneralTypeIssues, reportUnknownVariableType] - RGB
        assert red > 200 > blue


async def test_the_largest_photos_of_phones_are_taken(tmp_path: Path) -> None:
    photo = await made(tmp_path, picture("JPEG", (16_000, 8_000), quality=10))
    assert (photo.width, photo.height, photo.sizes[0].width) == (16_000, 8_000, 2048)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (lambda: b"", "This file is empty."),
        (lambda: b"Dear diary", "This file is a text file, not a photo."),
        (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This file is a drawing (SVG), not a photo."),
        (lambda: b"%PDF-1.7\n", "This file is a PDF document, not a photo."),
        (lambda: b"\0\0\0\x18ftypisom" + bytes(40), "This file is a video, not a photo."),
        (lambda: b"\0\0\0\x18ftypheic" + bytes(40), "This photo breaks off, or is damaged."),
        (lambda: picture("GIF"), "This file cannot be read as a photo"),
        (lambda: picture("TIFF"), "This file cannot be read as a photo"),
        (lambda: picture("JPEG", (2000, 1000))[:-400], "This photo breaks off"),
        (lambda: picture("PNG", (2000, 1000))[:-400], "This photo breaks off"),
        (lambda: picture("WEBP", (2000, 1000))[:-40], "This photo breaks off"),
        (lambda: picture("AVIF", (2000, 1000))[:-40], "This photo breaks off"),
        (lambda: HEIC[:-40], "This photo breaks off"),
        (lambda: picture("JPEG")[:40], "This photo breaks off"),
        (lambda: with_archive(picture()), "This file is a photo and something else at the same time (a ZIP"),
        (lambda: picture(comment=b"<script>alert(1)</script>"), "This file is a photo and something else"),
        (
            lambda: picture(comment=b"%PDF-1.7"),
            "This file is a photo and something else at the same time (PDF)",
        ),
    ],
)
async def test_what_is_no_photo_is_refused_with_a_sentence(
    tmp_path: Path, content: Callable[[], bytes], sentence: str
) -> None:
    with pytest.raises(NotAPhoto) as caught:
        await made(tmp_path, content())
    assert caught.value.reason.startswith(sentence)


async def test_bombs_are_refused_before_they_burst(tmp_path: Path) -> None:
    little = PhotoLimits(memory_mb=300)
    sentence = "This photo has 2500 megapixels; of a PNG file, at most 64 are taken."
    assert await refusal(tmp_path, png(50_000, 50_000), little) == sentence
    sentence = "This photo has 63 megapixels; of a WEBP file, at most 50 are taken."
    assert await refusal(tmp_path, webp(9200, 6900), PhotoLimits()) == sentence
    for name in (b"zTXt", b"iCCP"):
        reason = await refusal(tmp_path, png(10, 10, swollen(name)), little)
        assert reason == "This photo breaks off, or is damaged. Upload it again."


async def test_a_photo_is_made_in_a_child_as_well(tmp_path: Path) -> None:
    photo = await made_apart(tmp_path, snapshot(orientation=6))
    assert (photo.format, photo.width, photo.height) == ("jpeg", 300, 400)


async def test_a_heic_file_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    at = HEIC.index(b"ispe") + 8
    huge = HEIC[:at] + struct.pack(">II", 60_000, 60_000) + HEIC[at + 8 :]
    assert (await refusal(tmp_path, huge)).startswith("This photo")


async def test_memory_is_bounded(tmp_path: Path) -> None:
    large = picture("PNG", (5000, 5000), "RGBA", compress_level=1)
    assert (await refusal(tmp_path, large, PhotoLimits(memory_mb=200))).startswith(
        "This photo needs more memory"
    )


async def test_computing_time_is_bounded(tmp_path: Path) -> None:
    large = picture("PNG", (5000, 5000), compress_level=1)
    assert (await refusal(tmp_path, large, PhotoLimits(wall_seconds=0.01))).startswith(
        "This photo takes longer"
    )


async def test_no_child_is_left_when_the_caller_gives_up(tmp_path: Path) -> None:
    large = picture("PNG", (5000, 5000), compress_level=1)
    task = asyncio.create_task(made_apart(tmp_path, large))
    children = await asyncio.to_thread(eventually, _photo_children)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [child for child in children if child.is_running()]


def _photo_children() -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for child in psutil.Process(os.getpid()).children():
        try:
            if "kinetoscope.engine.photo_process" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found
