"""Where the pictures of a call are shown: pure."""

from collections.abc import Sequence
from math import ceil, sqrt
from typing import NamedTuple

WIDTH, HEIGHT = 1280, 720
_ASIDE = WIDTH // 4


class Box(NamedTuple):
    """A part of the picture, in pixels; all numbers are even, as chroma wants them."""

    left: int
    top: int
    width: int
    height: int


def boxes(are_screens: Sequence[bool]) -> list[Box]:
    """Return a box for each picture: a grid, or the newest screen large and all others aside."""
    count = len(are_screens)
    screen = max((n for n, is_screen in enumerate(are_screens) if is_screen), default=None)
    if screen is None or count == 1:
        return _grid(count, Box(0, 0, WIDTH, HEIGHT))
    aside = _column(count - 1, Box(WIDTH - _ASIDE, 0, _ASIDE, HEIGHT))
    return [*aside[:screen], Box(0, 0, WIDTH - _ASIDE, HEIGHT), *aside[screen:]]


def fitted(width: int, height: int, box: Box) -> Box:
    """Return the largest box of this shape in the middle of another."""
    scale = min(box.width / width, box.height / height)
    wide, high = max(2, _even(width * scale)), max(2, _even(height * scale))
    return Box(box.left + _even((box.width - wide) / 2), box.top + _even((box.height - high) / 2), wide, high)


def _grid(count: int, within: Box) -> list[Box]:
    columns = ceil(sqrt(count))
    rows = ceil(count / max(1, columns))
    return _cells(count, columns, rows, within)


def _column(count: int, within: Box) -> list[Box]:
    return _cells(count, 1, max(4, count), within)


def _cells(count: int, columns: int, rows: int, within: Box) -> list[Box]:
    if not count:
        return []
    width, height = _even(within.width / columns), _even(within.height / rows)
    return [
        Box(within.left + n % columns * width, within.top + n // columns * height, width, height)
        for n in range(count)
    ]


def _even(length: float) -> int:
    return int(length) // 2 * 2
