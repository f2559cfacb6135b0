"""What a page is told besides sound: speech spans, marks, transcripts and latencies, as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from rtnb.plots.scene import Scene
from rtnb.session.views.shapes import Latency, SpeechSpan, TurnView
from rtnb.session.views.timing import in_words

__all__ = ["TEXT_LIMIT", "entry", "latency_entry", "scene_entry", "speech_entry", "text_entry", "turn_entry"]

TEXT_LIMIT: Final = 400
"""Characters of a transcript that a page gets; the timeline and the console have all."""


def _at(moment_s: float) -> float:
    return round(moment_s, 6)


def speech_entry(span: SpeechSpan) -> list[float | None]:
    """Start, onset, end of speech, end; the last two None while it goes on.

    Examples
    --------
    >>> speech_entry(SpeechSpan(0.5, 2.5, prefix_s=0.3, silence_s=0.5))
    [0.5, 0.8, 2.0, 2.5]
    """
    end_s, speech_end_s = span.end_s, span.speech_end_s
    return [
        _at(span.start_s),
        _at(span.onset_s),
        None if speech_end_s is None else _at(speech_end_s),
        None if end_s is None else _at(end_s),
    ]


def latency_entry(latency: Latency) -> list[float | str]:
    """Both ends and their names, and how long it took, as it is written everywhere.

    Examples
    --------
    >>> latency_entry(Latency("commit", "first audio", 2.0, 2.05))
    [2.0, 2.05, 'commit', 'first audio', '50 ms']
    """
    text = in_words(latency.seconds, "s")
    return [_at(latency.start_s), _at(latency.end_s), latency.start, latency.end, text]


def text_entry(who: str, start_s: float, end_s: float, text: str) -> list[float | str]:
    """Who said what, and when."""
    flat = " ".join(text.split())
    short = flat if len(flat) <= TEXT_LIMIT else f"{flat[: TEXT_LIMIT - 1].rstrip()}…"
    return [who, _at(start_s), _at(max(start_s, end_s)), short]


def entry(
    key: int,
    *,
    number: tuple[float, str] | None = None,
    speech: Iterable[SpeechSpan] = (),
    marks: Iterable[tuple[float, str]] = (),
    texts: Iterable[list[float | str]] = (),
    latencies: Iterable[Latency] = (),
) -> dict[str, Any]:
    """One turn, or all that is known of a sound; ``span`` is the first and the last moment of it."""
    made: dict[str, Any] = {
        "key": key,
        "number": None if number is None else [_at(number[0]), number[1]],
        "speech": [speech_entry(span) for span in speech],
        "marks": [[_at(at_s), label] for at_s, label in marks],
        "texts": list(texts),
        "latencies": [latency_entry(latency) for latency in latencies],
    }
    moments = [moment for span in made["speech"] for moment in span if moment is not None]
    moments += [mark[0] for mark in made["marks"]]
    moments += [moment for each in made["latencies"] for moment in each[:2]]
    if moments:
        made["span"] = [min(moments), max(moments)]
    return made


def turn_entry(
    turn: TurnView, key: int, *, number: bool = True, by_s: float = 0.0, given_s: float | None = None
) -> dict[str, Any]:
    """Of a turn; its audio need not be there.

    Parameters
    ----------
    turn : TurnView
    key : int
    number : bool
        Whether the number of the turn is shown.
    by_s : float
        How much earlier everything is shown.
    given_s : float, optional
        Seconds of the user's sound, where the turn comes without it.
    """
    speech = [_span_moved(span, by_s) for span in turn.speech]
    marks: list[tuple[float, str]] = []
    for span in speech:
        marks.append((span.start_s, "speech started"))
        if span.end_s is not None:
            marks.append((span.end_s, "speech stopped"))
    texts = []
    if turn.user_text:
        start_s = speech[0].onset_s if speech else turn.user_start_s - by_s
        end_s = start_s
        if speech:
            end_s = speech[-1].speech_end_s or start_s
        else:
            end_s = start_s + (turn.user_audio.duration_s if turn.user_audio is not None else given_s or 0.0)
        texts.append(text_entry("user", start_s, end_s, turn.user_text))
    answer_s = turn.assistant_start_s if turn.assistant_start_s is not None else _answered_s(turn)
    if turn.assistant_text and answer_s is not None:
        length_s = turn.received_s or 0.0
        texts.append(text_entry("assistant", answer_s - by_s, answer_s - by_s + length_s, turn.assistant_text))
    if turn.heard_s is not None and turn.assistant_start_s is not None:
        marks.append((turn.assistant_start_s - by_s + turn.heard_s, f"interrupted, {turn.heard_s:.2f} s heard"))
    place = speech[0].onset_s if speech else texts[0][1] if texts else None
    return entry(
        key,
        number=(float(place), str(turn.index + 1)) if number and place is not None else None,
        speech=speech,
        marks=marks,
        texts=texts,
        latencies=[_latency_moved(turn.latency, by_s)] if turn.latency is not None else [],
    )


def scene_entry(scene: Scene, key: int = 0) -> dict[str, Any]:
    """Of a scene as the pictures have it."""
    return entry(
        key,
        speech=scene.speech,
        marks=[(mark.at_s, mark.label) for mark in scene.marks],
        latencies=scene.latencies,
    )


def _answered_s(turn: TurnView) -> float | None:
    return None if turn.latency is None else turn.latency.end_s


def _span_moved(span: SpeechSpan, by_s: float) -> SpeechSpan:
    end_s = None if span.end_s is None else span.end_s - by_s
    return SpeechSpan(span.start_s - by_s, end_s, span.prefix_s, span.silence_s)


def _latency_moved(latency: Latency, by_s: float) -> Latency:
    return Latency(latency.start, latency.end, latency.start_s - by_s, latency.end_s - by_s)
