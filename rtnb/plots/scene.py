"""What a picture of sound shows, before any drawing: voices, speech spans, latencies and marks on one clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from rtnb.audio import Clip
from rtnb.audio.pyramid import SampleSource
from rtnb.plots.palette import Speaker
from rtnb.plots.words import counted, number
from rtnb.session.views.shapes import Latency, RunView, SessionView, SpeechSpan, TurnView

__all__ = [
    "Mark",
    "Scene",
    "Voice",
    "clip_scene",
    "run_scene",
    "session_scene",
    "turn_scene",
]

SILENCE_PEAK = 1e-4
"""Below this peak (-80 dBFS, under half a step of 14-bit sound) a clip is called silent."""


class Source(SampleSource, Protocol):
    """Samples with a rate."""

    @property
    def rate_hz(self) -> int:
        """Samples a second."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One stretch of sound and who made it.

    Parameters
    ----------
    who : "user" or "assistant"
    clip : Clip
    start_s : float
        When its first sample sounds.
    heard_s : float or None
        Seconds of it that were heard; None for all.
    cut : bool
        Whether it is shown only up to where the next turn begins.
    length_s : float or None
        How long it is, where `clip` is only its outline at a few values a second; None: as long as `clip`.
    source : Source or None
        The sound itself, where `clip` is only its outline.
    """

    who: Speaker
    clip: Clip
    start_s: float
    heard_s: float | None = None
    cut: bool = False
    length_s: float | None = None
    source: Source | None = None

    @property
    def duration_s(self) -> float:
        """How long it sounds."""
        return self.clip.duration_s if self.length_s is None else self.length_s

    @property
    def end_s(self) -> float:
        """When its last sample sounds."""
        return self.start_s + self.duration_s

    @property
    def heard_duration_s(self) -> float:
        """Seconds of it that were heard, within its length."""
        length_s = self.duration_s
        return length_s if self.heard_s is None else min(max(self.heard_s, 0.0), length_s)

    @property
    def silent(self) -> bool:
        """Whether there is nothing to see in it."""
        return self.clip.peak < SILENCE_PEAK


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment with a word, or a number above a turn."""

    at_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a picture shows, on one clock.

    Parameters
    ----------
    voices : tuple of Voice
    speech : tuple of SpeechSpan
        What turn detection called speech; shaded.
    latencies : tuple of Latency
        Drawn as brackets.
    marks : tuple of Mark
        Dashed lines with a label.
    numbers : tuple of Mark
        Numbers of turns, above the sound.
    alone : bool
        One sound and no partner: drawn on both sides of the axis.
    note : str
        What to say instead, where there is no sound at all.
    subject : str
        What this is a picture of, as alternative text begins.
    """

    voices: tuple[Voice, ...] = ()
    speech: tuple[SpeechSpan, ...] = ()
    latencies: tuple[Latency, ...] = ()
    marks: tuple[Mark, ...] = ()
    numbers: tuple[Mark, ...] = ()
    alone: bool = False
    note: str = ""
    subject: str = "Waveform"

    @property
    def empty(self) -> bool:
        """Whether there is no sound to draw."""
        return not self.voices

    @property
    def start_s(self) -> float:
        """The earliest moment shown."""
        return min(self._moments(), default=0.0)

    @property
    def end_s(self) -> float:
        """The latest moment shown."""
        return max(self._moments(), default=0.0)

    def of(self, who: Speaker) -> tuple[Voice, ...]:
        """The voices of one speaker."""
        return tuple(voice for voice in self.voices if voice.who == who)

    def _moments(self) -> Iterable[float]:
        for voice in self.voices:
            yield from (voice.start_s, voice.end_s)
        for span in self.speech:
            yield span.start_s
            if span.end_s is not None:
                yield span.end_s
        for latency in self.latencies:
            yield from (latency.start_s, latency.end_s)
        for mark in self.marks:
            yield mark.at_s

    def from_zero(self) -> Scene:
        """The same on a clock that starts with the first thing shown."""
        by = -self.start_s

        def later(span: SpeechSpan) -> SpeechSpan:
            end_s = None if span.end_s is None else span.end_s + by
            return replace(span, start_s=span.start_s + by, end_s=end_s)

        return replace(
            self,
            voices=tuple(replace(voice, start_s=voice.start_s + by) for voice in self.voices),
            speech=tuple(later(span) for span in self.speech),
            latencies=tuple(replace(x, start_s=x.start_s + by, end_s=x.end_s + by) for x in self.latencies),
            marks=tuple(replace(mark, at_s=mark.at_s + by) for mark in self.marks),
            numbers=tuple(replace(mark, at_s=mark.at_s + by) for mark in self.numbers),
        )

    def describe(self) -> str:
        """What is to be seen, in words: the alternative text of the picture."""
        if self.empty:
            return f"{self.subject}: {self.note or 'no audio'}."
        parts = []
        speakers: tuple[Speaker, Speaker] = ("user", "assistant")
        for who in speakers:
            voices = self.of(who)
            if voices:
                total_s = sum(voice.duration_s for voice in voices)
                what = "sound" if self.alone else f"{who} audio"
                quiet = ", silent" if all(voice.silent for voice in voices) else ""
                cut = [voice.heard_s for voice in voices if voice.heard_s is not None]
                heard = f", {sum(cut):.2f} s of it heard before an interruption" if len(cut) == 1 else ""
                short = sum(voice.cut for voice in voices)
                ended = f", {counted(short, 'answer')} shown up to the next turn" if short else ""
                parts.append(f"{total_s:.2f} s of {what}{quiet}{heard}{ended}")
        if self.speech:
            parts.append(f"{counted(len(self.speech), 'span')} of detected speech")
        if len(self.latencies) == 1:
            parts.append(str(self.latencies[0]).replace(" → ", " to "))
        elif self.latencies:
            parts.append(f"{len(self.latencies)} latencies")
        return f"{self.subject}: {'; '.join(parts)}."


def clip_scene(clip: Clip) -> Scene:
    """A sound on its own."""
    voices = (Voice("user", clip, 0.0),) if len(clip) else ()
    return Scene(voices=voices, alone=True, note="empty: 0 s of sound", subject="Waveform")


def _voices_of(turn: TurnView, *, with_user: bool = True) -> list[Voice]:
    voices = []
    if with_user and turn.user_audio is not None and len(turn.user_audio):
        voices.append(Voice("user", turn.user_audio, turn.user_start_s))
    if turn.assistant_audio is not None and len(turn.assistant_audio) and turn.assistant_start_s is not None:
        voices.append(Voice("assistant", turn.assistant_audio, turn.assistant_start_s, turn.heard_s))
    return voices


def _speech_marks(speech: Sequence[SpeechSpan]) -> list[Mark]:
    if not speech:
        return []
    marks = [Mark(speech[0].start_s, "speech started")]
    last = speech[-1].end_s
    if last is not None:
        marks.append(Mark(last, "speech stopped"))
    return marks


def turn_scene(turn: TurnView) -> Scene:
    """One turn, on a clock that starts with it."""
    voices = _voices_of(turn)
    subject = f"Waveform of turn {number(turn)}"
    if not voices:
        return Scene(note="text only, no audio", subject=subject)
    marks = _speech_marks(turn.speech)
    if turn.heard_s is not None and voices[-1].who == "assistant":
        marks.append(Mark(voices[-1].start_s + voices[-1].heard_duration_s, "interrupted"))
    scene = Scene(
        voices=tuple(voices),
        speech=turn.speech,
        latencies=(turn.latency,) if turn.latency else (),
        marks=tuple(marks),
        subject=subject,
    )
    return scene.from_zero()


def _number(turn: TurnView) -> Mark | None:
    """Where the number of a turn belongs: over its detected speech, else over its first sound."""
    if turn.speech:
        return Mark(turn.speech[0].start_s, number(turn))
    starts = [voice.start_s for voice in _voices_of(turn)]
    return Mark(min(starts), number(turn)) if starts else None


def _many(turns: Sequence[TurnView], voices: Iterable[Voice], speech: Iterable[SpeechSpan]) -> Scene:
    return Scene(
        voices=tuple(voices),
        speech=tuple(speech),
        latencies=tuple(turn.latency for turn in turns if turn.latency and turn.assistant_audio),
        numbers=tuple(mark for turn in turns if (mark := _number(turn))),
    )


def run_scene(run: RunView) -> Scene:
    """A recording and what was answered to it, on a clock that starts with the recording."""
    voices = [Voice("user", run.input, run.input_start_s)] if len(run.input) else []
    for turn in run.turns:
        voices.extend(_voices_of(turn, with_user=False))
    scene = _many(run.turns, voices, run.speech)
    scene = replace(scene, note="nothing streamed yet", subject="Waveform of the run")
    return scene.from_zero() if voices else scene


def _next_sound_s(turn: TurnView, answer: Voice, later: Iterable[TurnView]) -> float | None:
    """When the sound of a later turn ends what is shown of an answer; None where nothing does."""
    moments = []
    for other in later:
        if turn.speech and other.speech:
            continue
        for voice in _voices_of(other):
            if voice.who == "assistant":
                moments.append(voice.start_s)
            elif not other.speech:
                # It was sent at its end. A long one is drawn from before the answer on: only its end counts then.
                moments.append(voice.start_s if voice.start_s > answer.start_s else voice.end_s)
    return min((at_s for at_s in moments if at_s > answer.start_s), default=None)


def _until(answer: Voice, at_s: float | None) -> list[Voice]:
    """The answer as far as it is shown; what was not heard of it ends without a sign."""
    if at_s is None or at_s >= answer.end_s:
        return [answer]
    shown = answer.clip[: at_s - answer.start_s]
    cut = answer.start_s + answer.heard_duration_s > at_s
    return [replace(answer, clip=shown, cut=cut)] if len(shown) else []


def session_scene(session: SessionView) -> Scene:
    """All turns of a session, on the session's clock.

    A question may be asked while the answer before it would still sound; it stops that answer, which is
    therefore shown only up to there. Streamed turns interrupt by speech, and what was heard is known.
    """
    voices: list[Voice] = []
    for i, turn in enumerate(session.turns):
        for voice in _voices_of(turn):
            later = session.turns[i + 1 :]
            voices.extend([voice] if voice.who == "user" else _until(voice, _next_sound_s(turn, voice, later)))
    speech = [span for turn in session.turns for span in turn.speech]
    scene = _many(session.turns, voices, speech)
    return replace(scene, note="no audio so far", subject="Waveform of the session")
