"""Scenes to look at: waves, a night sky."""

import math
import random

from PIL import Image, ImageDraw

from .canvas import HEIGHT, WHITE, WIDTH, Color, Point, caption, caption_mask, disc, glow, gradient, mix
from .models import Paint

_HORIZON = 540


def waves(headline: str) -> Paint:
    """Show the sun over a sea in layers."""
    ground = gradient((255, 183, 120), (255, 111, 145))
    glow(ground, (860, 250), 460, (255, 244, 200), 0.9)
    disc(ImageDraw.Draw(ground), (860, 250), 108, (255, 246, 214))
    layers: list[Color] = [(190, 84, 140), (130, 66, 140), (78, 52, 128), (40, 36, 100), (20, 22, 66)]
    words, place = caption_mask(headline)

    def paint(share: float) -> Image.Image:
        picture = ground.copy()
        draw = ImageDraw.Draw(picture)
        for depth, color in enumerate(layers):
            base, swell = 330 + depth * 76, 14 + depth * 6
            phase = share * math.tau * (1 + depth % 2) + depth * 1.7
            crest = [
                (x, base + swell * math.sin(x / (150 + 30 * depth) + phase) + 6 * math.sin(x / 47 - phase))
                for x in range(0, WIDTH + 20, 20)
            ]
            draw.polygon([*crest, (WIDTH, HEIGHT), (0, HEIGHT)], fill=color)
        picture.paste(WHITE, place, words)
        return picture

    return paint


def night(headline: str) -> Paint:
    """Show stars that turn over a ridge, and the moon."""
    sky = gradient((8, 12, 40), (58, 50, 120))
    glow(sky, (980, 170), 330, (190, 200, 255), 0.8)
    draw = ImageDraw.Draw(sky)
    disc(draw, (980, 170), 74, (240, 240, 255))
    for x, y, radius in ((960, 150, 14), (1008, 190, 20), (975, 205, 9)):
        disc(draw, (x, y), radius, (212, 214, 238))
    chance = random.Random(11)
    stars = [(chance.uniform(40, 1500), chance.random(), chance.uniform(1.8, 4.6)) for _ in range(420)]
    ridge = _ridge(420, 110, 3)
    near = _ridge(540, 80, 8)
    front = Image.new("RGB", (WIDTH, HEIGHT))
    mask = Image.new("L", (WIDTH, HEIGHT))
    for line, color in ((ridge, (30, 30, 78)), (near, (14, 15, 44))):
        ImageDraw.Draw(front).polygon(line, fill=color)
        ImageDraw.Draw(mask).polygon(line, fill=255)
    caption(front, headline)
    below = (0, _HORIZON - 260, WIDTH, HEIGHT)
    front, mask = front.crop(below), mask.crop(below)

    def paint(share: float) -> Image.Image:
        picture = sky.copy()
        draw = ImageDraw.Draw(picture)
        for distance, turn, size in stars:
            angle = turn * math.tau + share * 0.35
            x, y = 520 + distance * math.cos(angle), 560 + distance * math.sin(angle)
            if 0 < y < _HORIZON and 0 < x < WIDTH:
                light = 0.65 + 0.35 * math.sin(share * 20 + distance)
                disc(draw, (x, y), size, mix((60, 60, 120), WHITE, light))
        picture.paste(front, below[:2], mask)
        return picture

    return paint


def _ridge(base: float, height: float, seed: int) -> list[Point]:
    """Give the outline of hills down to the lower edge."""
    chance = random.Random(seed)
    phases = [chance.uniform(0, math.tau) for _ in range(4)]
    return [
        *((x, base - height * _roughness(x, phases)) for x in range(0, WIDTH + 12, 12)),
        (WIDTH, HEIGHT),
        (0, HEIGHT),
    ]


def _roughness(x: float, phases: list[float]) -> float:
    """Give a sum of ever shorter and lower waves."""
    return sum(math.sin(x * (k + 1) / 260 + phase) / (k + 1.4) for k, phase in enumerate(phases))
