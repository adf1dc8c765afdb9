"""What all scenes draw with. Pictures are drawn at twice their size, which makes edges smooth when halved."""

# pyright: reportUnknownMemberType=false
# Pillow's own annotations name numpy, which is not installed.

import math
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1280, 720
Color = tuple[int, int, int]
Point = tuple[float, float]

WHITE: Color = (255, 255, 255)
INK: Color = (15, 18, 34)


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Give the font that Pillow brings, in pixels."""
    return ImageFont.load_default(size=size)


def gradient(top: Color, bottom: Color) -> Image.Image:
    """Give a full picture that runs from one colour to another, downwards."""
    return Image.composite(_plain(bottom), _plain(top), _ramp())


def sideways(left: Color, right: Color) -> Image.Image:
    """Give a full picture that runs from one colour to another, to the right and a little down."""
    across = _stretch(Image.linear_gradient("L").transpose(Image.Transpose.ROTATE_90))
    return Image.composite(_plain(right), _plain(left), Image.blend(across, _ramp(), 0.25))


def glow(picture: Image.Image, center: Point, radius: float, color: Color, strength: float = 1.0) -> None:
    """Lighten the picture around a point, fading outwards."""
    picture.paste(color, _corner(center, radius), _halo(round(radius * 2), strength))


@lru_cache(maxsize=8)
def _halo(size: int, strength: float) -> Image.Image:
    """Give a round mask that fades outwards; where the gradient passes 180, the circle ends."""
    falling = [max(0, round((180 - value) * 1.42 * strength)) for value in range(256)]
    return Image.radial_gradient("L").point(falling).resize((size, size))


def caption(picture: Image.Image, text: str, *, color: Color = WHITE, shaded: bool = False) -> None:
    """Write the headline at the lower left; a shade keeps it legible on bright ground."""
    if shaded:
        shade = _ramp().point([round(max(0, value - 130) * 1.3) for value in range(256)])
        picture.paste(_plain((8, 10, 24)), (0, 0), shade)
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((64, 600, 72, 664), 4, fill=color)
    draw.text((92, 632), text, font=font(64), fill=color, anchor="lm", stroke_width=1)


def caption_mask(text: str) -> tuple[Image.Image, tuple[int, int]]:
    """Give the headline as a mask, and the place for it: for scenes that move behind it."""
    picture = _plain((0, 0, 0))
    caption(picture, text)
    box = picture.getbbox() or (0, 0, 1, 1)
    return picture.crop(box).convert("L"), box[:2]


def enlarge(picture: Image.Image) -> Image.Image:
    """Give a small picture of light at the size of the video; nothing in it has an edge to be made smooth."""
    return picture.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.BILINEAR)


def mix(one: Color, other: Color, share: float) -> Color:
    """Give the colour between two, 0 being the first."""
    return (
        round(one[0] + (other[0] - one[0]) * share),
        round(one[1] + (other[1] - one[1]) * share),
        round(one[2] + (other[2] - one[2]) * share),
    )


def ease(share: float) -> float:
    """Give a share that starts and ends gently."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


def around(center: Point, radius: float, turns: float) -> Point:
    """Give the point on a circle, turns counted clockwise from the top."""
    angle = turns * math.tau
    return center[0] + radius * math.sin(angle), center[1] - radius * math.cos(angle)


def disc(draw: ImageDraw.ImageDraw, center: Point, radius: float, color: Color) -> None:
    """Fill a circle."""
    x, y = center
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=color)


def _corner(center: Point, radius: float) -> tuple[int, int]:
    return round(center[0] - radius), round(center[1] - radius)


def _plain(color: Color) -> Image.Image:
    return Image.new("RGB", (WIDTH, HEIGHT), color)


def _ramp() -> Image.Image:
    return _stretch(Image.linear_gradient("L"))


def _stretch(mask: Image.Image) -> Image.Image:
    return mask.resize((WIDTH, HEIGHT))
