"""How large a picture is shown."""

from fractions import Fraction

_LONG, _SHORT = 1920, 1080
_QUARTER = 90


def shown_size(width: int, height: int, rotation: int, pixel_aspect: Fraction) -> tuple[Fraction, Fraction]:
    """Give width and height as a player shows them: turned, and with square pixels."""
    # An aspect beyond this is damage, not intent: it would give a picture of one line.
    aspect = pixel_aspect if Fraction(1, 4) <= pixel_aspect <= Fraction(4) else Fraction(1)
    wide, high = Fraction(width) * aspect, Fraction(height)
    return (high, wide) if rotation % (2 * _QUARTER) == _QUARTER else (wide, high)


def fit_1080p(width: int, height: int, rotation: int, pixel_aspect: Fraction) -> tuple[int, int]:
    """Give the even size of the largest picture within 1080p, either way up; never enlarges."""
    wide, high = shown_size(width, height, rotation, pixel_aspect)
    most_wide, most_high = (_LONG, _SHORT) if wide >= high else (_SHORT, _LONG)
    factor = min(Fraction(1), most_wide / wide, most_high / high)
    return _even(wide * factor), _even(high * factor)


def fit_width(size: tuple[Fraction, Fraction], width: int, *, most_high: int) -> tuple[int, int]:
    """Give the size of a picture that is at most `width` wide and `most_high` high; never enlarges."""
    wide, high = size
    factor = min(Fraction(1), width / wide, most_high / high)
    return max(1, round(wide * factor)), max(1, round(high * factor))


def _even(length: Fraction) -> int:
    return max(2, round(length / 2) * 2)
