"""``idle_timeout_ms`` of ``server_vad``: the user's silence after an answer, which takes a model of what is played.

The API counts the silence from ``response.done`` plus the time that the audio plays; then it sends
``input_audio_buffer.timeout_triggered`` with the audio since the end of playback, commits that, and answers once more
(API reference, ``idle_timeout_ms`` and ``input_audio_buffer.timeout_triggered``; read 2026-11-21). No recording of the
user says when answers were played, so :class:`Playback` does. The arithmetic is that of the embedded server.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Real

from rtnb.errors import ConfigError
from rtnb.vad.turns import DetectedTurn

__all__ = ["Playback", "Timeout", "timeouts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Playback:
    """When answers are heard.

    Parameters
    ----------
    delay_s : float
        From the moment that a stop is known, or an idle timeout, to the first sound of the answer. The response counts
        as done then: servers are faster with an answer than one listens to it.
    answer_s : float or callable
        How long an answer plays, in seconds; a callable is given its number, counted from 0.

    Raises
    ------
    ConfigError
        A time that is negative or not a number.

    Examples
    --------
    >>> from rtnb.vad.idle import Playback
    >>> Playback(delay_s=0.8, answer_s=4.0).length_s(0)
    4.0
    """

    delay_s: float
    answer_s: float | Callable[[int], float]

    def __post_init__(self) -> None:
        object.__setattr__(self, "delay_s", _seconds(self.delay_s, "delay_s"))
        if not callable(self.answer_s):
            object.__setattr__(self, "answer_s", _seconds(self.answer_s, "answer_s"))

    def length_s(self, number: int) -> float:
        """How long answer `number` plays, in seconds."""
        return _seconds(self.answer_s(number), f"answer_s({number})") if callable(self.answer_s) else self.answer_s


@dataclass(frozen=True, slots=True)
class Timeout:
    """An idle timeout.

    Attributes
    ----------
    audio_start_ms, audio_end_ms : int
        From the end of playback until now.
    at_ms : float
        When it is known, by the clock of the audio.
    """

    audio_start_ms: int
    audio_end_ms: int
    at_ms: float


def timeouts(
    turns: Sequence[DetectedTurn],
    playback: Playback,
    idle_timeout_ms: int,
    *,
    until_ms: float,
    create_response: bool = True,
    interrupt_response: bool = True,
) -> tuple[Timeout, ...]:
    """The idle timeouts of a session whose user is sent in real time.

    Parameters
    ----------
    turns : sequence of DetectedTurn
        What the user says.
    playback : Playback
        What the assistant says.
    idle_timeout_ms : int
        Of ``server_vad``.
    until_ms : float
        The end of the session.
    create_response, interrupt_response : bool
        Of ``server_vad``. Without the first there are no answers, and so no timeouts.

    Examples
    --------
    >>> from rtnb.vad import DetectedTurn
    >>> from rtnb.vad.idle import Playback
    >>> turn = DetectedTurn(1.0, 2.0, 700, 2200, True, 1.032, 2.5)
    >>> timeouts([turn], Playback(delay_s=0.5, answer_s=2.0), 6000, until_ms=12_000)
    (Timeout(audio_start_ms=5000, audio_end_ms=11000, at_ms=11000.0),)
    """
    state = _State(playback, idle_timeout_ms, create_response, interrupt_response)
    for turn in turns:
        for at_ms, act in ((1000 * turn.started_at_s, state.start), (1000 * turn.stopped_at_s, state.stop)):
            state.advance(min(at_ms, until_ms))
            act(at_ms)
    state.advance(until_ms)
    return tuple(state.found)


class _State:
    """A session, as far as idle timeouts go."""

    def __init__(self, playback: Playback, idle_timeout_ms: int, create: bool, interrupt: bool) -> None:
        self.found: list[Timeout] = []
        self._playback = playback
        self._timeout_ms = idle_timeout_ms
        self._create = create
        self._interrupt = interrupt
        self._speaking = False
        self._answers = 0
        self._heard_ms = -math.inf
        """When all answers so far have been heard."""
        self._answer_ms = math.inf
        """When the answer that is under way begins."""
        self._fire_ms = math.inf

    def start(self, at_ms: float) -> None:
        """The user speaks."""
        self._speaking = True
        self._fire_ms = math.inf
        if self._interrupt:
            self._answer_ms = math.inf
            self._heard_ms = min(self._heard_ms, at_ms)

    def stop(self, at_ms: float) -> None:
        """The user is done."""
        self._speaking = False
        self._respond(at_ms)

    def advance(self, to_ms: float) -> None:
        """What happens before `to_ms` by itself. What the user does at that moment comes first."""
        while (next_ms := min(self._answer_ms, self._fire_ms)) < to_ms:
            if next_ms == self._answer_ms:
                self._answer(next_ms)
            else:
                self._fire_ms = math.inf
                self.found.append(Timeout(int(self._heard_ms), int(next_ms), next_ms))
                self._respond(next_ms)

    def _respond(self, at_ms: float) -> None:
        # While an answer is under way, a second one would be an error.
        if self._create and self._answer_ms == math.inf:
            self._fire_ms = math.inf
            self._answer_ms = at_ms + 1000 * self._playback.delay_s

    def _answer(self, at_ms: float) -> None:
        self._answer_ms = math.inf
        self._heard_ms = max(self._heard_ms, at_ms) + 1000 * self._playback.length_s(self._answers)
        self._answers += 1
        if not self._speaking:
            self._fire_ms = self._heard_ms + self._timeout_ms


def _seconds(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < math.inf:
        raise ConfigError(f"Playback: {name} is 0 or more seconds, not {value!r:.80}.")
    return float(value)
