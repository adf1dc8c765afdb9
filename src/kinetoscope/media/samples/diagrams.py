"""Scenes that explain something with figures: a chart, a network, a sort."""

import math
import random

from PIL import Image, ImageDraw

from .canvas import INK, WHITE, Color, Point, caption, disc, ease, font, glow, gradient, mix
from .models import Paint


def chart(headline: str) -> Paint:
    """Bars that grow under a line that climbs over them."""
    ground = gradient((13, 27, 62), (24, 62, 110))
    glow(ground, (1000, 120), 520, (64, 140, 255), 0.6)
    draw = ImageDraw.Draw(ground)
    for step in range(5):
        y = 130 + step * 92
        draw.line((110, y, 1190, y), fill=(58, 88, 140), width=2)
        draw.text((96, y), f"{100 - step * 25}", font=font(24), fill=(140, 168, 214), anchor="rm")
    caption(ground, headline)
    heights = [0.34, 0.42, 0.38, 0.55, 0.5, 0.64, 0.72, 0.68, 0.84, 0.95]

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        tops: list[Point] = []
        for index, height in enumerate(heights):
            grown = height * ease(0.82 + share * 0.8 - index * 0.045)
            x, top = 130 + index * 106, 498 - 368 * grown
            color = mix((52, 211, 235), (168, 110, 255), index / 9)
            draw.rounded_rectangle((x, top, x + 70, 498), 12, fill=color)
            tops.append((x + 35, top - 34 - 10 * math.sin(share * 6 + index)))
        draw.line(tops, fill=(255, 209, 102), width=6, joint="curve")
        for top in tops:
            disc(draw, top, 9, (255, 209, 102))
            disc(draw, top, 4, INK)
        return picture

    return paint


def network(headline: str) -> Paint:
    """Participants around a media server, with packets on their way."""
    ground = gradient((34, 18, 66), (12, 8, 32))
    center = (640.0, 300.0)
    glow(ground, center, 420, (124, 77, 255), 0.9)
    caption(ground, headline)
    turns = [index * math.tau / 7 - 0.6 for index in range(7)]
    peers = [(center[0] + 420 * math.cos(turn), center[1] + 210 * math.sin(turn)) for turn in turns]
    colors: list[Color] = [
        (255, 107, 129),
        (255, 165, 89),
        (255, 221, 89),
        (98, 230, 160),
        (72, 202, 255),
        (130, 140, 255),
        (230, 120, 255),
    ]
    draw = ImageDraw.Draw(ground)
    for peer, color in zip(peers, colors, strict=True):
        draw.line((*center, *peer), fill=mix(color, INK, 0.55), width=4)
        disc(draw, peer, 50, mix(color, INK, 0.35))
        disc(draw, peer, 42, color)
        disc(draw, (peer[0], peer[1] - 10), 14, WHITE)
        draw.pieslice((peer[0] - 24, peer[1] + 6, peer[0] + 24, peer[1] + 50), 180, 360, fill=WHITE)
    draw.rounded_rectangle((570, 245, 710, 355), 24, fill=WHITE)
    draw.text(center, "SFU", font=font(56), fill=(60, 30, 120), anchor="mm", stroke_width=1)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        for index, (peer, color) in enumerate(zip(peers, colors, strict=True)):
            for packet in range(3):
                way = (share * 3 + packet / 3 + index * 0.13) % 1
                along = 0.24 + 0.6 * (way if (index + packet) % 2 else 1 - way)
                x = center[0] + (peer[0] - center[0]) * along
                y = center[1] + (peer[1] - center[1]) * along
                disc(draw, (x, y), 10, mix(color, WHITE, 0.55))
        return picture

    return paint


def sorting(headline: str) -> Paint:
    """Bars out of order that fall into place."""
    ground = gradient((250, 250, 246), (226, 232, 240))
    caption(ground, headline, color=(30, 41, 59))
    count = 32
    order = list(range(count))
    random.Random(5).shuffle(order)
    states = [list(order)]
    for end in range(count - 1, 0, -1):
        for place in range(end):
            if order[place] > order[place + 1]:
                order[place], order[place + 1] = order[place + 1], order[place]
        states.append(list(order))

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        at = min(len(states) - 1, int(share * len(states) * 0.9))
        settled = count - at
        for place, value in enumerate(states[at]):
            x = 72 + place * 35.6
            color = mix((255, 94, 98), (90, 80, 230), value / count)
            top = 540 - 34 - 440 * value / count
            draw.rounded_rectangle((x, top, x + 28, 540), 8, fill=color)
            if place >= settled:
                disc(draw, (x + 14, 560), 6, (34, 197, 94))
        return picture

    return paint
