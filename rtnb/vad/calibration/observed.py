"""What a server was sent, and where it heard speech: all that a calibration needs of a session."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rtnb.audio.formats import AudioFormat
from rtnb.errors import ConfigError
from rtnb.protocol.turn_detection import SemanticVad, ServerVad, from_wire
from rtnb.vad.tuning import LAG_MOST_MS

__all__ = ["Detection", "Observed", "impossible"]

Detection = ServerVad | SemanticVad | None
"""Turn detection of a session; None where turns are manual."""


@dataclass(frozen=True, slots=True, eq=False, init=False)
class Observed:
    """One session as turn detection saw it.

    Parameters
    ----------
    audio : bytes, or sequence of (str, bytes)
        Everything that was appended to the input buffer, as it was sent; pairs of format and bytes where the format
        changed on the way. PCM is of whole samples.
    turn_detection : ServerVad, SemanticVad, mapping or None, or sequence of (float, such)
        What held from the first sample on; or pairs of the position from which on it held, in milliseconds of audio,
        and what held.
    turns : sequence of (int, int or None)
        ``audio_start_ms`` and ``audio_end_ms`` of each turn that the server announced; None where no stop was told. No
        turn ends before it starts, begins before the audio, or lies 10 s beyond it; what lies less beyond is taken, and
        :func:`rtnb.vad.calibrate` counts it apart.
    format : str
        Of `audio`: ``"audio/pcm"`` (16 bits at 24 kHz), ``"audio/pcmu"`` or ``"audio/pcma"``.
    cleared_ms : sequence of float
        Where the client cleared or committed the buffer: detection begins afresh there.
    taken_ms : sequence of float
        Where an idle timeout took the audio before it.
    noise_reduction : bool
        Whether the server filtered the audio before it listened.
    endpoint, name, date : str
        Who listened, what the session is called, and when it was (``2026-11-21``).
    notes : sequence of str
        What is to be known of it.

    Raises
    ------
    ConfigError
        Something has the wrong shape, or a turn cannot be; the message says what.

    Examples
    --------
    >>> from rtnb.vad.calibration.observed import Observed
    >>> Observed(bytes(96_000), {"type": "server_vad", "threshold": 0.4}, [(200, 1500)])
    Observed(2.0 s, 1 turn)
    """

    audio: tuple[tuple[AudioFormat, bytes], ...]
    settings: tuple[tuple[float, Detection], ...]
    turns: tuple[tuple[int, int | None], ...]
    cleared_ms: tuple[float, ...]
    taken_ms: tuple[float, ...]
    noise_reduction: bool
    endpoint: str
    name: str
    date: str
    notes: tuple[str, ...]

    def __init__(
        self,
        audio: bytes | Iterable[tuple[str, bytes]],
        turn_detection: Any,
        turns: Iterable[tuple[int, int | None]],
        *,
        format: str = "audio/pcm",
        cleared_ms: Iterable[float] = (),
        taken_ms: Iterable[float] = (),
        noise_reduction: bool = False,
        endpoint: str = "",
        name: str = "",
        date: str = "",
        notes: Iterable[str] = (),
    ) -> None:
        pieces = [(format, audio)] if isinstance(audio, bytes | bytearray | memoryview) else audio
        told: dict[str, object] = {
            "audio": tuple(_piece(kind, data) for kind, data in pieces),
            "settings": _settings(turn_detection),
            "turns": _turns(turns),
            "cleared_ms": tuple(sorted(map(float, cleared_ms))),
            "taken_ms": tuple(sorted(map(float, taken_ms))),
            "noise_reduction": noise_reduction,
            "endpoint": endpoint,
            "name": name,
            "date": date,
            "notes": tuple(notes),
        }
        for field, value in told.items():
            object.__setattr__(self, field, value)
        of = f"Observed {name!r}" if name else "Observed"
        for start_ms, end_ms in self.turns:
            if why := impossible(start_ms, end_ms, self.duration_ms, self.settings):
                raise ConfigError(f"{of}: {why}.")

    @property
    def duration_ms(self) -> float:
        """Milliseconds of audio that were sent."""
        return sum(len(data) / kind.bytes_per_ms for kind, data in self.audio)

    @property
    def observed(self) -> tuple[Observed, ...]:
        """Itself: recordings, trials and these are all taken by the same functions."""
        return (self,)

    def noted(self, *notes: str) -> Observed:
        """The same with more to be known of it."""
        if not notes:
            return self
        other = copy.copy(self)
        object.__setattr__(other, "notes", (*self.notes, *notes))
        return other

    def __repr__(self) -> str:
        turns = f"{len(self.turns)} turn{'' if len(self.turns) == 1 else 's'}"
        name = f"{self.name}, " if self.name else ""
        return f"Observed({name}{self.duration_ms / 1000:.1f} s, {turns})"


def impossible(
    start_ms: int, end_ms: int | None, duration_ms: float, settings: Iterable[tuple[float, Detection]]
) -> str:
    """Why no server can have told a turn; empty where one can.

    Parameters
    ----------
    start_ms, end_ms : int or None
        Of the turn.
    duration_ms : float
        Of the audio that was sent.
    settings : iterable of (float, Detection)
        What held: the silence that ends a turn is part of it.

    Examples
    --------
    >>> impossible(500, 100, 2000, [])
    'the turn that speech_started announced at 500 ms ends before it, at 100 ms'
    >>> impossible(500, 2100, 2000, [])
    ''
    """
    if start_ms < 0:
        return f"a turn cannot start at {start_ms} ms, before the audio"
    if end_ms is not None and end_ms < start_ms:
        return f"the turn that speech_started announced at {start_ms} ms ends before it, at {end_ms} ms"
    waits = [each.resolved().silence_duration_ms for _, each in settings if isinstance(each, ServerVad)]
    for event, at_ms, wait_ms in (("start", start_ms, 0), ("stop", end_ms, max(waits, default=0))):
        if at_ms is not None and at_ms > duration_ms + wait_ms + LAG_MOST_MS:
            name = "speech_started" if event == "start" else "speech_stopped"
            return (
                f"{name} at {at_ms} ms is {(at_ms - duration_ms) / 1000:.1f} s beyond the end of the audio, which is "
                f"{duration_ms / 1000:.1f} s long: some of the audio that was sent is missing, or the event is of "
                "another session"
            )
    return ""


def _piece(kind: str, data: bytes | memoryview) -> tuple[AudioFormat, bytes]:
    form, held = AudioFormat.from_wire(kind), bytes(data)
    if len(form.whole(held)) != len(held):
        raise ConfigError(
            f"Observed: {len(held):,} bytes are no whole number of samples of {form.type}, which have "
            f"{form.sample_bytes} bytes each."
        )
    return form, held


def _settings(value: Any) -> tuple[tuple[float, Detection], ...]:
    if value is None or isinstance(value, ServerVad | SemanticVad | Mapping):
        return ((0.0, _detection(value)),)
    try:
        found = tuple((float(at_ms), _detection(each)) for at_ms, each in value)
    except (TypeError, ValueError) as error:
        if isinstance(error, ConfigError):
            raise
        raise ConfigError(
            "Observed: turn_detection is rtnb.ServerVad(...), a mapping, None, or pairs of the millisecond from which "
            f"on it held and one of these; not {value!r:.200}."
        ) from None
    return tuple(sorted(found, key=lambda pair: pair[0])) or ((0.0, None),)


def _detection(value: Any) -> Detection:
    if value is None or isinstance(value, ServerVad | SemanticVad):
        return value
    if isinstance(value, Mapping):
        return from_wire(value)
    raise ConfigError(f"Observed: turn_detection is rtnb.ServerVad(...), a mapping or None, not {value!r:.200}.")


def _turns(value: Iterable[tuple[int, int | None]]) -> tuple[tuple[int, int | None], ...]:
    found: list[tuple[int, int | None]] = []
    for pair in value:
        try:
            start, end = pair
            if any(each is not None and not math.isfinite(each) for each in pair):
                raise ValueError
            found.append((int(start), None if end is None else int(end)))
        except (TypeError, ValueError):
            raise ConfigError(
                "Observed: a turn is a pair of audio_start_ms and audio_end_ms (None where no stop was told), "
                f"not {pair!r:.200}."
            ) from None
    return tuple(sorted(found, key=lambda pair: pair[0]))
