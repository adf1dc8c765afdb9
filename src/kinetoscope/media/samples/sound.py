"""Plucked notes over a soft chord, made of sines."""

import math
import operator
from array import array
from collections.abc import Iterator
from functools import lru_cache

RATE = 24_000
_BEAT_SECONDS = 0.5
_RING_SECONDS = 1.2
_FALL_SECONDS = 0.3


def compose(melody: tuple[int, ...], seconds: float) -> "array[float]":
    """Give mono samples between -1 and 1: each note rings into the next, and all fades out at the end."""
    total = round(seconds * RATE)
    ring = round(_RING_SECONDS * RATE)
    samples = array("f", bytes(4 * (total + ring)))
    for beat in range(int((seconds - 0.5) / _BEAT_SECONDS)):
        at = round(beat * _BEAT_SECONDS * RATE)
        _add(samples, at, _note(melody[beat % len(melody)]))
        if beat % 4 == 0:
            _add(samples, at, _note(melody[0] - 12))
            _add(samples, at, _note(melody[0] - 5))
    return samples[:total]


def _add(samples: "array[float]", at: int, note: "array[float]") -> None:
    span = slice(at, at + len(note))
    samples[span] = array("f", map(operator.add, samples[span], note))


@lru_cache
def _note(semitones: int) -> "array[float]":
    """Give one plucked note: two partials that die away (equal temperament, A4 = 440 Hz)."""
    step = 440 * 2 ** (semitones / 12) * math.tau / RATE
    return array("f", map(operator.add, _ringing(step, 0.16), _ringing(2 * step, 0.05)))


def _ringing(step: float, loudness: float) -> Iterator[float]:
    """Give a sine that dies away, as the recurrence of a two-pole resonator: no sine for each sample."""
    decay = math.exp(-1 / (_FALL_SECONDS * RATE))
    turn, damp = 2 * decay * math.cos(step), decay * decay
    before, now = 0.0, loudness * decay * math.sin(step)
    for _ in range(round(_RING_SECONDS * RATE)):
        yield before
        before, now = now, turn * now - damp * before
