"""Seen: what the reducer knows of a session at one moment, taken on the thread that owns it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rtnb.session.conversation.formats import format_of, named
from rtnb.session.conversation.reducer import Conversation
from rtnb.session.conversation.state import TurnState
from rtnb.session.timeline.answers import heard_of, pieces_of, responses_of
from rtnb.session.timeline.brackets import brackets_of
from rtnb.session.timeline.charges import charges_of, price
from rtnb.session.timeline.inputs import commits_of, speech_of
from rtnb.session.timeline.parts import calls_of, links_of, problems_of, said, transcripts_of
from rtnb.session.timeline.shapes import (
    AudioPiece,
    Bracket,
    Call,
    Charge,
    Commit,
    Heard,
    Link,
    Problem,
    Response,
    Speech,
    Transcript,
)
from rtnb.session.views.kept import settled
from rtnb.session.views.measuring import calls_of as states_of_calls
from rtnb.session.views.measuring import truncations
from rtnb.session.views.snapshots import Observer

__all__ = ["Eyes", "Seen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Everything of a timeline that the events alone do not tell; places in the log are missing still."""

    events: int
    """How many events had been taken in."""
    now_s: float
    live: bool
    name: str
    endpoint: str
    model: str
    input_rate: int
    output_rate: int
    """Bytes of a millisecond of sound, each way."""
    input_format: str
    speech: tuple[Speech, ...]
    commits: tuple[Commit, ...]
    responses: tuple[Response, ...]
    heard: tuple[Heard, ...]
    pieces: tuple[AudioPiece, ...]
    calls: tuple[Call, ...]
    transcripts: tuple[Transcript, ...]
    problems: tuple[Problem, ...]
    links: tuple[Link, ...]
    charges: tuple[Charge, ...]
    brackets: tuple[Bracket, ...]


@dataclass(frozen=True, slots=True)
class _OfTurn:
    """What lies in the lanes because of one turn, or of what belongs to none."""

    speech: tuple[Speech, ...] = ()
    commits: tuple[Commit, ...] = ()
    responses: tuple[Response, ...] = ()
    heard: tuple[Heard, ...] = ()
    pieces: tuple[AudioPiece, ...] = ()
    calls: tuple[Call, ...] = ()
    transcripts: tuple[Transcript, ...] = ()
    brackets: tuple[Bracket, ...] = ()


@dataclass(slots=True, eq=False)
class Eyes:
    """Looks at a session again and again; what stays as it is, it looks at once.

    All its methods belong on the thread that owns the conversation.
    """

    _settled: dict[int, _OfTurn] = field(default_factory=dict)
    _charges: dict[str, Charge] = field(default_factory=dict)
    _begun: int = 0
    """How many of the first turns were looked at ahead."""

    def look(self, observer: Observer, *, name: str = "", live: bool = False, now_s: float | None = None) -> Seen:
        """The session at this moment.

        Parameters
        ----------
        observer : Observer
        name : str
            What it goes by in headings.
        live : bool
            Whether it goes on.
        now_s : float, optional
            The moment, on the session's clock; that of the last event if not given.
        """
        talk = observer.talk
        at_s = talk.last_s if now_s is None else max(now_s, talk.last_s)
        parts = self._turns(observer, at_s, live)
        parts.append(_outside(talk))
        return Seen(
            events=len(observer.log),
            now_s=at_s,
            live=live,
            name=name,
            endpoint=observer.endpoint,
            model=observer.model,
            input_rate=talk.clock.bytes_per_ms,
            output_rate=named(talk.output_format).bytes_per_ms,
            input_format=format_of(talk.config, "input"),
            speech=tuple(each for part in parts for each in part.speech),
            commits=tuple(sorted((each for part in parts for each in part.commits), key=lambda each: each.t_s)),
            responses=tuple(
                sorted((each for part in parts for each in part.responses), key=lambda each: each.created_s)
            ),
            heard=tuple(each for part in parts for each in part.heard),
            pieces=tuple(each for part in parts for each in part.pieces),
            calls=tuple(each for part in parts for each in part.calls),
            transcripts=tuple(each for part in parts for each in part.transcripts),
            problems=tuple(problems_of(talk)),
            links=tuple(links_of(talk)),
            charges=charges_of(observer, self._charges),
            brackets=tuple(each for part in parts for each in part.brackets),
        )

    def ahead(self, observer: Observer, *, seconds: float, live: bool, now_s: float | None) -> bool:
        """Look at turns that stay as they are, and at what was paid, for so long; whether there is more of it.

        The last turn is left out: it may go on.
        """
        talk, until = observer.talk, time.monotonic() + seconds
        at_s = talk.last_s if now_s is None else max(now_s, talk.last_s)
        sounding = talk.player.playing(now_s=at_s) if live else None
        truncated: Sequence[float] | None = None
        for state in talk.turns[self._begun : -1]:
            if state.index not in self._settled:
                if time.monotonic() > until:
                    return True
                truncated = truncations(talk) if truncated is None else truncated
                part, over = _turn(observer, state, truncated, now_s=at_s, sounding=sounding, live=live)
                if over:
                    self._settled[state.index] = part
            self._begun += 1
        return not price(observer, self._charges, until_s=until)

    def _turns(self, observer: Observer, now_s: float, live: bool) -> list[_OfTurn]:
        talk, found = observer.talk, list[_OfTurn]()
        truncated = truncations(talk)
        # Asked first: it lets the player catch up with the clock.
        sounding = talk.player.playing(now_s=now_s) if live else None
        for state in talk.turns:
            part = self._settled.get(state.index)
            if part is None:
                part, over = _turn(observer, state, truncated, now_s=now_s, sounding=sounding, live=live)
                if over:
                    self._settled[state.index] = part
            found.append(part)
        return found


def _turn(
    observer: Observer, state: TurnState, truncated: Sequence[float], *, now_s: float, sounding: str | None, live: bool
) -> tuple[_OfTurn, bool]:
    """What a turn brings, and whether it stays as it is."""
    talk, turn = observer.talk, state.index
    users = [item for item_id in state.user_items if (item := talk.items.get(item_id)) is not None]
    responses = [talk.responses[response_id] for response_id in state.responses]
    made = [item for response in responses for i in response.items if (item := talk.items.get(i)) is not None]
    answers = [item for item in made if item.role == "assistant"]
    calls = states_of_calls(responses, talk)
    brackets = brackets_of(observer, state, users, responses, answers, truncated)
    speech = tuple(speech_of(observer, state.speech, turn))
    pad_s = next((each.value for each in brackets if each.name == "silence_pad"), 0.0)
    heard = tuple(heard_of(talk, responses, turn, pad_s=pad_s, now_s=now_s, sounding=sounding, live=live))
    part = _OfTurn(
        speech,
        tuple(commits_of(talk, users, turn)),
        tuple(responses_of(talk, responses, turn)),
        heard,
        tuple(pieces_of(talk, heard)),
        tuple(calls_of(talk, calls, turn)),
        tuple(transcripts_of(talk, state, responses, speech, heard)),
        brackets,
    )
    return part, settled(state, answers, calls, talk) and all(each.item_id != sounding for each in heard)


def _outside(talk: Conversation) -> _OfTurn:
    """What belongs to no turn: responses beside the conversation, and items that nobody has asked about yet."""
    owned = {response_id for turn in talk.turns for response_id in turn.responses}
    responses = [state for state in talk.responses.values() if state.id not in owned]
    items = [item for item in talk.items.values() if item.committed_s is not None and item.id not in talk.turn_of]
    return _OfTurn(
        commits=tuple(commits_of(talk, items, -1)),
        responses=tuple(responses_of(talk, responses, -1)),
        calls=tuple(calls_of(talk, [call for call in talk.calls.values() if call.response_id not in owned], -1)),
        transcripts=tuple(said(talk, responses, (), -1)),
    )
