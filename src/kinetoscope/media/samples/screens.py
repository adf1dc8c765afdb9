"""Scenes that look like software: an editor, a board, a map, a title card."""

import math
import random
from itertools import pairwise

from PIL import Image, ImageDraw

from .canvas import (
    HEIGHT,
    WHITE,
    WIDTH,
    Color,
    Point,
    caption,
    disc,
    ease,
    enlarge,
    font,
    glow,
    gradient,
    mix,
    sideways,
)
from .models import Paint

_CODE: tuple[tuple[int, tuple[tuple[str, Color], ...]], ...] = (
    (
        0,
        (
            ("from ", (198, 120, 221)),
            ("fastapi ", WHITE),
            ("import ", (198, 120, 221)),
            ("FastAPI", (229, 192, 123)),
        ),
    ),
    (0, ()),
    (0, (("app ", WHITE), ("= ", (86, 182, 194)), ("FastAPI", (229, 192, 123)), ("()", WHITE))),
    (0, ()),
    (0, (("@app.get", (97, 175, 239)), ("(", WHITE), ('"/hello/{name}"', (152, 195, 121)), (")", WHITE))),
    (
        0,
        (
            ("async def ", (198, 120, 221)),
            ("hello", (97, 175, 239)),
            ("(name: ", WHITE),
            ("str", (229, 192, 123)),
            ("):", WHITE),
        ),
    ),
    (1, (('"""Greet somebody."""', (127, 140, 160)),)),
    (
        1,
        (
            ("return ", (198, 120, 221)),
            ('{"message": ', WHITE),
            ('f"Hello {name}"', (152, 195, 121)),
            ("}", WHITE),
        ),
    ),
)


_CODE_LEFT = 176


def editor(headline: str) -> Paint:
    """Code that types itself."""
    ground = sideways((96, 62, 190), (40, 160, 190))
    draw = ImageDraw.Draw(ground)
    draw.rounded_rectangle((96, 66, 1196, 582), 22, fill=(24, 26, 40))
    draw.rounded_rectangle((90, 56, 1190, 572), 22, fill=(34, 38, 54))
    draw.rounded_rectangle((90, 56, 1190, 110), 22, fill=(46, 50, 70))
    for index, color in enumerate(((255, 95, 87), (254, 188, 46), (40, 200, 64))):
        disc(draw, (126 + index * 34, 83), 10, color)
    draw.text((640, 83), "main.py", font=font(26), fill=(170, 178, 200), anchor="mm")
    caption(ground, headline)
    full, ends = _typeset(ground)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        left = sum(end - _CODE_LEFT for end in ends) * min(1.0, 0.55 + share * 0.6)
        for row, end in enumerate(ends):
            y = _row_middle(row)
            typed = round(_CODE_LEFT + min(left, end - _CODE_LEFT))
            left -= end - _CODE_LEFT
            line = (110, y - 25, typed, y + 25)
            picture.paste(full.crop(line), line[:2])
            if left <= 0:
                if int(share * 14) % 2 == 0:
                    cursor = (typed + 3, y - 20, typed + 7, y + 20)
                    ImageDraw.Draw(picture).rectangle(cursor, fill=(120, 220, 255))
                break
        return picture

    return paint


def _typeset(ground: Image.Image) -> tuple[Image.Image, list[float]]:
    """Give the ground with all of the code on it, and where each line ends."""
    full = ground.copy()
    draw = ImageDraw.Draw(full)
    ends: list[float] = []
    for row, (indent, parts) in enumerate(_CODE):
        x, y = float(_CODE_LEFT + indent * 60), _row_middle(row)
        draw.text((136, y), str(row + 1), font=font(28), fill=(90, 98, 124), anchor="mm")
        for text, color in parts:
            draw.text((x, y), text, font=font(34), fill=color, anchor="lm")
            x += font(34).getlength(text)
        ends.append(x)
    return full, ends


def _row_middle(row: int) -> int:
    return 150 + row * 54


def board(headline: str) -> Paint:
    """Show a board of cards, one of which is moved to done."""
    ground = gradient((238, 242, 255), (214, 224, 246))
    draw = ImageDraw.Draw(ground)
    ink = (40, 48, 88)
    tints: list[Color] = [(255, 138, 128), (255, 196, 87), (92, 204, 150)]
    for column, (name, tint) in enumerate(zip(("To do", "In progress", "Done"), tints, strict=True)):
        x = 84 + column * 380
        draw.rounded_rectangle((x, 48, x + 352, 572), 24, fill=(248, 250, 255))
        disc(draw, (x + 36, 90), 10, tint)
        draw.text((x + 60, 90), name, font=font(30), fill=ink, anchor="lm", stroke_width=1)
        for row in range((3, 1, 2)[column]):
            _card(draw, (x + 22, 130 + row * 144), tint)
    caption(ground, headline, color=ink)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        way = ease(share * 1.5 - 0.1)
        x = 486 + 380 * way
        y = 274 + (418 - 274) * way - 60 * math.sin(way * math.pi)
        draw.rounded_rectangle((x + 8, y + 12, x + 316, y + 140), 18, fill=(196, 206, 232))
        _card(draw, (x, y), mix(tints[1], tints[2], way))
        draw.polygon(
            [(x + 250, y + 92), (x + 250, y + 138), (x + 262, y + 127), (x + 282, y + 125)], fill=ink
        )
        return picture

    return paint


def _card(draw: ImageDraw.ImageDraw, corner: Point, tint: Color) -> None:
    x, y = corner
    draw.rounded_rectangle((x, y, x + 308, y + 126), 18, fill=WHITE, outline=(216, 224, 242), width=2)
    draw.rounded_rectangle((x + 20, y + 20, x + 100, y + 36), 8, fill=tint)
    draw.rounded_rectangle((x + 20, y + 54, x + 276, y + 68), 7, fill=(196, 204, 226))
    draw.rounded_rectangle((x + 20, y + 80, x + 200, y + 94), 7, fill=(220, 226, 240))
    disc(draw, (x + 276, y + 98), 14, mix(tint, (60, 60, 120), 0.35))


def route(headline: str) -> Paint:
    """Show a map on which a route is drawn."""
    ground = gradient((226, 238, 222), (204, 226, 214))
    draw = ImageDraw.Draw(ground)
    chance = random.Random(4)
    draw.polygon(
        [
            (0, 430),
            (260, 380),
            (520, 450),
            (820, 390),
            (1280, 470),
            (1280, 560),
            (800, 490),
            (480, 550),
            (0, 520),
        ],
        fill=(150, 204, 236),
    )
    for column in range(9):
        for row in range(4):
            x, y = 20 + column * 146 + row * 14, 20 + row * 96
            color = mix((240, 240, 228), (176, 214, 160), float(chance.randrange(4) == 0))
            draw.rounded_rectangle((x, y, x + 118, y + 70), 10, fill=color)
            for _ in range(3):
                left, top = x + chance.uniform(8, 80), y + chance.uniform(8, 44)
                draw.rectangle((left, top, left + 24, top + 16), fill=mix(color, (120, 130, 130), 0.22))
    caption(ground, headline, shaded=True)
    way: list[Point] = [
        (84, 340),
        (150, 340),
        (150, 245),
        (440, 245),
        (440, 148),
        (728, 148),
        (745, 342),
        (1035, 342),
        (1035, 130),
        (1180, 130),
    ]
    draw.line(way, fill=(255, 255, 255), width=22, joint="curve")

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        walked = _walk(way, ease(0.35 + share * 0.75))
        draw.line(walked, fill=(61, 90, 254), width=14, joint="curve")
        for place, color in ((way[0], (0, 170, 110)), (way[-1], (235, 64, 82))):
            draw.polygon([(place[0] - 22, place[1] - 34), (place[0] + 22, place[1] - 34), place], fill=color)
            disc(draw, (place[0], place[1] - 44), 27, color)
            disc(draw, (place[0], place[1] - 44), 11, WHITE)
        disc(draw, walked[-1], 30 + 8 * math.sin(share * 24), (170, 184, 255))
        disc(draw, walked[-1], 20, WHITE)
        disc(draw, walked[-1], 14, (61, 90, 254))
        return picture

    return paint


def _walk(way: list[Point], share: float) -> list[Point]:
    """Give the first part of a line, by its length."""
    steps = list(pairwise(way))
    left = share * sum(math.dist(a, b) for a, b in steps)
    walked = [way[0]]
    for a, b in steps:
        length = math.dist(a, b)
        part = min(1.0, left / length)
        walked.append((a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part))
        left -= length
        if left <= 0:
            break
    return walked


def card(headline: str) -> Paint:
    """Show a title in large letters over drifting light."""
    ground = sideways((245, 78, 162), (255, 150, 70))
    glow(ground, (640, 380), 620, (255, 120, 140), 0.5)
    ground = ground.reduce(8)  # light has no edges: it is drawn small and enlarged
    lettering = Image.new("L", (WIDTH // 2, HEIGHT // 2))
    draw = ImageDraw.Draw(lettering)
    first, _, rest = headline.partition(" · ")
    draw.text((320, 145), first, font=font(60), fill=255, anchor="mm", stroke_width=1)
    draw.text((320, 210), rest, font=font(24), fill=255, anchor="mm")
    box = lettering.getbbox() or (0, 0, 1, 1)
    lettering = lettering.crop(box)

    def paint(share: float) -> Image.Image:
        small = ground.copy()
        for index in range(4):
            angle = share * math.tau + index * math.tau / 4
            x, y = 80 + 58 * math.cos(angle), 44 + 24 * math.sin(angle * 2 + index)
            glow(small, (x, y), 34, (255, 220, 130), 0.55)
        picture = enlarge(small)
        picture.paste(WHITE, box[:2], lettering)
        half = 110 * ease(0.4 + share)
        ImageDraw.Draw(picture).rounded_rectangle((320 - half, 244, 320 + half, 248), 2, fill=WHITE)
        return picture

    return paint
