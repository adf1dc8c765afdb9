"""Writes a new file from an old one, each stream either copied or encoded anew."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal, Protocol

import av
import msgspec
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from .copied import CopiedTrack
from .encoded_audio import EncodedAudio
from .encoded_video import EncodedVideo
from .models import NotAVideo, Probe, Report
from .opening import open_source
from .reading import packets_until_broken, pick_audio, pick_video, start_of
from .timeline import Timeline
from .typed_av import AnyPacket, mux
from .unreadable import CANNOT_BE_READ

_WRITING = {"mp4": {"movflags": "+faststart"}, "webm": {"cues_to_front": "1", "reserve_index_space": "65536"}}


class Recipe(msgspec.Struct, frozen=True):
    """What the new file shall be: its container, and which of the streams are taken over as they are."""

    container: Literal["mp4", "webm"]
    copies_video: bool
    copies_audio: bool


class _Track(Protocol):
    def take(self, packet: AnyPacket) -> Iterator[AnyPacket]: ...
    def finish(self) -> Iterator[AnyPacket]: ...


def remake(source: Path, target: Path, recipe: Recipe, probe: Probe, report: Report, threads: int) -> None:
    """Write `target` by the recipe, its times beginning at 0. A source that breaks off gives what there was.

    Raises NotAVideo, or what PyAV raises when a stream cannot be copied.
    """
    with (
        open_source(source) as container,
        av.open(str(target), "w", format=recipe.container, options=_WRITING[recipe.container]) as out,
    ):
        _run(container, out, recipe, probe, _Reporter(report, recipe, probe.duration_seconds), threads)


class _Reporter:
    """Turns the time of a packet into a share of the whole."""

    def __init__(self, report: Report, recipe: Recipe, duration: float) -> None:
        self._report = report
        self._stage: Literal["copying", "transcoding"] = "copying" if recipe.copies_video else "transcoding"
        self._duration = duration

    def at(self, seconds: float) -> None:
        self._report(self._stage, min(1.0, max(0.0, seconds / self._duration)))


def _run(
    container: InputContainer,
    out: OutputContainer,
    recipe: Recipe,
    probe: Probe,
    reporter: _Reporter,
    threads: int,
) -> None:
    start = Fraction(start_of(container), av.time_base)
    video, audio = pick_video(container, threads=threads), pick_audio(container)
    if video is None:
        raise NotAVideo(CANNOT_BE_READ)
    tracks: dict[int, _Track] = {
        video.index: CopiedTrack(video, out)
        if recipe.copies_video
        else EncodedVideo(video, out, probe, threads)
    }
    streams: list[Stream] = [video]
    if audio is not None:
        tracks[audio.index] = CopiedTrack(audio, out) if recipe.copies_audio else EncodedAudio(audio, out)
        streams.append(audio)
    timeline = Timeline(probe.container, start)
    for packet in packets_until_broken(container, *streams):
        timeline.place(packet)
        if packet.dts is not None:
            reporter.at(float(packet.dts * packet.time_base))
        for made in tracks[packet.stream_index].take(packet):
            mux(out, made)
    for track in tracks.values():
        for made in track.finish():
            mux(out, made)
