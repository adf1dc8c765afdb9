"""Scenes that are motion: bouncing shapes, a clock, an equaliser."""

import math

from PIL import Image, ImageDraw

from .canvas import INK, WHITE, Color, Point, around, caption, disc, font, glow, gradient, mix, sideways
from .models import Paint

_BRIGHT: tuple[Color, ...] = (
    (255, 107, 107),
    (255, 200, 87),
    (72, 219, 251),
    (29, 209, 161),
    (162, 128, 255),
    (255, 159, 243),
)


def bouncing(headline: str) -> Paint:
    """Shapes that bounce on a floor."""
    ground = sideways((255, 244, 226), (226, 240, 255))
    draw = ImageDraw.Draw(ground)
    draw.rectangle((0, 556, 1280, 720), fill=(44, 47, 92))
    caption(ground, headline)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        for index in range(len(_BRIGHT)):
            beat = (share * (4 + index % 3) + index * 0.23) % 1
            height = 4 * beat * (1 - beat)
            x, size = 150 + index * 196, 58 + 8 * (index % 3)
            y = 548 - size - (230 + 30 * index) * height
            shadow = size * (1.2 - 0.6 * height)
            draw.ellipse((x - shadow, 560, x + shadow, 582), fill=(32, 34, 72))
            _shape(draw, (x, y), size, index, share * 6)
        return picture

    return paint


def _shape(draw: ImageDraw.ImageDraw, center: Point, size: float, index: int, turn: float) -> None:
    color = _BRIGHT[index]
    if index % 3 == 0:
        disc(draw, center, size, color)
        disc(draw, (center[0] - size * 0.3, center[1] - size * 0.35), size * 0.22, mix(color, WHITE, 0.6))
        return
    corners = 4 if index % 3 == 1 else 3
    outline = [around(center, size * 1.15, turn / 9 + corner / corners) for corner in range(corners)]
    draw.polygon(outline, fill=color)


def clock(headline: str) -> Paint:
    """Show a clock whose hands run."""
    ground = sideways((18, 120, 120), (12, 60, 92))
    center = (640.0, 300.0)
    glow(ground, center, 420, (90, 220, 200), 0.5)
    draw = ImageDraw.Draw(ground)
    disc(draw, (center[0] + 6, center[1] + 12), 252, (8, 60, 74))
    disc(draw, center, 250, (245, 250, 250))
    disc(draw, center, 232, WHITE)
    for tick in range(60):
        inner, width = (196, 8) if tick % 5 == 0 else (212, 3)
        line = (*around(center, inner, tick / 60), *around(center, 222, tick / 60))
        draw.line(line, fill=(60, 90, 100), width=width)
    for hour in (12, 3, 6, 9):
        place = around(center, 160, hour / 12)
        draw.text(place, str(hour), font=font(48), fill=(30, 60, 70), anchor="mm", stroke_width=1)
    caption(ground, headline)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        minutes = 9 + share * 50
        for turns, length, width, color in (
            ((10 + minutes / 60) / 12, 118, 18, INK),
            (minutes / 60, 180, 12, INK),
            (share * 6, 200, 5, (235, 80, 70)),
        ):
            draw.line((*around(center, -30, turns), *around(center, length, turns)), fill=color, width=width)
        disc(draw, center, 16, (235, 80, 70))
        return picture

    return paint


def equaliser(headline: str) -> Paint:
    """Bars that dance to the sound, in a ring."""
    ground = gradient((16, 16, 28), (34, 20, 52))
    center = (640.0, 296.0)
    glow(ground, center, 400, (255, 70, 150), 0.55)
    draw = ImageDraw.Draw(ground)
    disc(draw, center, 116, (24, 20, 40))
    draw.polygon([(612, 246), (612, 346), (700, 296)], fill=WHITE)
    caption(ground, headline)
    count = 72

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        for bar in range(count):
            swing = math.sin(bar * 0.9 + share * 30) + math.sin(bar * 0.37 - share * 22) + 2
            color = mix((255, 80, 140), (90, 170, 255), 0.5 + 0.5 * math.sin(bar / count * math.tau))
            draw.line(
                (*around(center, 136, bar / count), *around(center, 148 + 30 * swing, bar / count)),
                fill=color,
                width=9,
            )
        return picture

    return paint
