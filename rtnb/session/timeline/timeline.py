"""Timeline: a session over time, as one immutable value."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from rtnb._display import Drawable, counted
from rtnb.audio import Clip
from rtnb.errors import ConfigError
from rtnb.protocol.envelope import AudioStore
from rtnb.session.record.log import EventLog
from rtnb.session.timeline.columns import DIRECTIONS, Columns
from rtnb.session.timeline.comparing import Align, Comparison, compared
from rtnb.session.timeline.detail import Detail, body_of, checked_seq, detail_of
from rtnb.session.timeline.explained import ExplainedEvents, explained_of
from rtnb.session.timeline.exporting import to_html, to_jsonl, to_perfetto, to_png
from rtnb.session.timeline.families import FAMILIES
from rtnb.session.timeline.lanes import Lane, lanes_of
from rtnb.session.timeline.searching import search
from rtnb.session.timeline.shapes import (
    AudioPiece,
    Bracket,
    Call,
    Change,
    Charge,
    Commit,
    Gap,
    Heard,
    Link,
    Note,
    Problem,
    RateLimits,
    Response,
    Run,
    Speech,
    Transcript,
)
from rtnb.session.timeline.sounds import audio_ms_at, checked_span, clip_between, clock_s_at, levels
from rtnb.session.timeline.stretch import stretch_of, turns_span
from rtnb.session.timeline.traffic import Traffic, traffic_of

__all__ = ["Timeline"]


@dataclass(frozen=True, slots=True, eq=False, repr=False, kw_only=True)
class Timeline(Drawable):
    """A session over time: what happened in which lane, how long each step took, and what it cost.

    All times are seconds on the session's clock; places (`seq`) are those of the session's `events`.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     timeline = s.timeline
    >>> [response.status for response in timeline.responses], timeline.transcripts[-1].text
    (['completed'], 'C, A, T.')
    """

    name: str
    endpoint: str
    model: str
    start_wall_s: float
    duration_s: float
    live: bool
    columns: Columns
    runs: tuple[Run, ...]
    pieces: tuple[AudioPiece, ...]
    speech: tuple[Speech, ...]
    commits: tuple[Commit, ...]
    responses: tuple[Response, ...]
    heard: tuple[Heard, ...]
    calls: tuple[Call, ...]
    transcripts: tuple[Transcript, ...]
    problems: tuple[Problem, ...]
    limits: tuple[RateLimits, ...]
    changes: tuple[Change, ...]
    links: tuple[Link, ...]
    notes: tuple[Note, ...]
    charges: tuple[Charge, ...]
    gaps: tuple[Gap, ...]
    brackets: tuple[Bracket, ...]
    log: EventLog
    input_bytes_per_ms: float = 48.0
    output_bytes_per_ms: float = 48.0
    begins_s: float = 0.0
    """Where a stretch begins, such as that of a run; 0 for that of a session."""

    @property
    def start_s(self) -> float:
        """Where it begins: 0, or before that where a clip was sent at once, which lies before its commit."""
        return min([self.begins_s, *(piece.start_s for piece in self.pieces)])

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Everything as bars and marks in lanes, for painters; see :func:`rtnb.session.timeline.lanes.lanes_of`."""
        return lanes_of(self)

    # Looking into it

    def detail(self, seq: int) -> Detail:
        """One event in full: its body without base64, what it means, and what it is collapsed into.

        Raises
        ------
        ConfigError
            There is no event at that place.
        """
        place = checked_seq(seq, len(self.columns))
        run = int(self.columns.run[place])
        found = self.runs[run] if run >= 0 else None
        return detail_of(self.log, place, self.columns, found, bytes_per_ms=self._bytes_per_ms(place))

    def explained(self) -> ExplainedEvents:
        """Every event in order, with what it means and what it says; draws itself as a table.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("Spell cat.", show=False)
        ...     last = turn.timeline.explained()[-1]
        >>> print(last.type, last.says)
        response.done completed, ... tokens in, ... out
        """
        return explained_of(self)

    def body(self, seq: int) -> dict[str, Any]:
        """The body of one event; in the place of base64 it says how much there was.

        Raises
        ------
        ConfigError
            There is no event at that place.
        """
        place = checked_seq(seq, len(self.columns))
        return body_of(self.log[place], self._bytes_per_ms(place))

    def _bytes_per_ms(self, seq: int) -> float:
        return self.output_bytes_per_ms if self.columns.direction[seq] == 1 else self.input_bytes_per_ms

    def search(self, text: str, families: Collection[str] | None = None) -> NDArray[np.int64]:
        """Places of the events in which `text` stands, ascending; capitals make no difference.

        Parameters
        ----------
        text : str
            Part of a type, an id, a transcript, an error; an empty text finds everything. A word that is spread over
            deltas is found at the first of them.
        families : collection of str, optional
            Look at these only; see :data:`rtnb.session.timeline.families.FAMILIES`.

        Raises
        ------
        ConfigError
            There is no such family.
        """
        return search(self.log, self.columns, self.runs, text, families)

    def traffic(self, start_s: float, end_s: float, columns: int) -> Traffic:
        """About how many bytes went each way between two moments, in so many steps."""
        return traffic_of(self.columns, start_s, end_s, columns)

    def levels(
        self, side: Literal["input", "output"], start_s: float, end_s: float, columns: int
    ) -> NDArray[np.float32]:
        """Peaks of one side between two moments, from 0 (silence) to 1; shape ``(columns,)``."""
        return levels(self.pieces, self._store(side), side, start_s, end_s, columns)

    def clip(self, side: Literal["input", "output"], start_s: float, end_s: float) -> Clip:
        """What one side sounded like between two moments; silence where there was nothing.

        Where an answer was cut, what lies behind the cut is there too. What lies before the beginning or behind the end
        of the timeline is left out.

        Raises
        ------
        ConfigError
            They are no two moments, or the second is before the first.
        """
        store, (low_s, high_s) = self._store(side), checked_span(start_s, end_s)
        end_s = max([self.duration_s, *(piece.end_s for piece in self.pieces)])
        low_s, high_s = (min(max(moment, self.start_s), end_s) for moment in (low_s, high_s))
        return clip_between(self.pieces, store, side, low_s, high_s)

    def _store(self, side: Literal["input", "output"]) -> AudioStore:
        if side not in ("input", "output"):
            raise ConfigError(f"side is 'input' or 'output', not {side!r}.")
        return self.log.stores["sent" if side == "input" else "received"]

    def audio_ms(self, t_s: float) -> float | None:
        """Audio time of a moment: milliseconds of all input audio sent up to it; None where none was sent.

        Turn detection counts in audio time, which stands still while nothing is sent.
        """
        return audio_ms_at(self.pieces, t_s, self.input_bytes_per_ms)

    def clock_s(self, audio_ms: float) -> float | None:
        """The moment of an audio time, the inverse of :meth:`audio_ms`; None where so much was never sent."""
        return clock_s_at(self.pieces, audio_ms, self.input_bytes_per_ms)

    def between(self, start_s: float, end_s: float) -> Timeline:
        """What happened between two moments, as a timeline of its own on the same clock.

        Raises
        ------
        ConfigError
            They are no two moments, or the second is not after the first.
        """
        low_s, high_s = checked_span(start_s, end_s)
        return stretch_of(self, low_s, high_s)

    def of_turns(self, *turns: int, start_s: float | None = None, end_s: float | None = None) -> Timeline:
        """The stretch of some turns, by their indexes: what belongs to them, from the first to the last of it.

        Parameters
        ----------
        *turns : int
        start_s, end_s : float, optional
            Moments that are to lie in it, besides those of the turns.

        Raises
        ------
        ConfigError
            Nothing of them is in this timeline.
        """
        span = turns_span(self, turns)
        low = [each for each in (start_s, None if span is None else span[0]) if each is not None]
        high = [each for each in (end_s, None if span is None else span[1]) if each is not None]
        if not low or not high:
            raise ConfigError(
                f"Nothing of {' and '.join(f'turn {turn}' for turn in turns) or 'no turn'} is in this timeline."
            )
        return stretch_of(self, min(low), max([*high, *low]), turns=turns)

    def against(self, other: Timeline, align: Align = "auto") -> Comparison:
        """Another session on the same axis.

        Parameters
        ----------
        other : Timeline
        align : {"auto", "start", "speech", "response"} or int
            What of both lies at the same place: the beginning, the first speech, the first response, or a turn by its
            index. ``"auto"`` takes the first of speech, response and start that both have.

        Raises
        ------
        ConfigError
            There is no such way to align them, or one of them has no such moment.
        """
        return compared(self, other, align)

    # Giving it away

    def to_jsonl(self, path: str | Path, *, audio: bool = False, families: Collection[str] | None = None) -> Path:
        """Write one event a line: its place, its times, its direction and the event itself.

        Parameters
        ----------
        path : str or Path
        audio : bool
            Whether audio is in it, as base64; then :func:`rtnb.replay` reads the file. Otherwise it says how much
            there was.
        families : collection of str, optional
            These only.

        Raises
        ------
        ConfigError
            There is no such family.
        RecordingError
            The place cannot be written.
        """
        return to_jsonl(self, path, audio=audio, families=families)

    def to_perfetto(self, path: str | Path) -> Path:
        """Write a trace in JSON that ui.perfetto.dev and chrome://tracing open.

        Raises
        ------
        RecordingError
            The place cannot be written.
        """
        return to_perfetto(self, path)

    def to_html(self, path: str | Path, other: Timeline | None = None, *, embed_audio: bool = False) -> Path:
        """Write a page without scripts.

        Parameters
        ----------
        path : str or Path
        other : Timeline, optional
            A second session, below this one.
        embed_audio : bool
            Whether one can listen to it.

        Raises
        ------
        RecordingError
            The place cannot be written.
        """
        return to_html(self, path, other, embed_audio=embed_audio)

    def to_png(
        self, path: str | Path, other: Timeline | None = None, *, span_s: tuple[float, float] | None = None
    ) -> Path:
        """Write a picture.

        Parameters
        ----------
        path : str or Path
        other : Timeline, optional
            A second session, below this one.
        span_s : (float, float), optional
            From when to when, in seconds; everything that happened if not given.

        Raises
        ------
        ConfigError
            The span ends before it begins.
        RecordingError
            The place cannot be written.
        """
        return to_png(self, path, other, span_s)

    def to_frame(self) -> Any:
        """A pandas DataFrame, a row an event."""
        import pandas as pd

        columns = self.columns
        return pd.DataFrame(
            {
                "t_s": columns.t_s,
                "direction": np.array(DIRECTIONS)[columns.direction],
                "family": np.array(FAMILIES)[columns.family],
                "type": np.array(columns.types or ("",))[columns.type],
                "audio_bytes": columns.audio_bytes,
                "bytes": columns.bytes,
            }
        )

    def __len__(self) -> int:
        """How many events it has."""
        return len(self.columns)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        parts = [f"{self.duration_s:.1f} s", counted(len(self), "event"), counted(len(self.responses), "response")]
        if self.problems:
            parts.append(counted(len(self.problems), "error"))
        return f"Timeline({', '.join(parts)})"

    def _ipython_display_(self) -> None:
        from rtnb.session.live import show_live

        show_live(self)
