"""Ledger: a session as its bill sees it.

Made by sessions and recordings, read by everything that counts money.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from rtnb.errors import ConfigError
from rtnb.tokens import ModalityCount, TokenUsage
from rtnb.tokens.context import Truncation

__all__ = ["Edit", "Exchange", "HasLedger", "Ledger", "Source", "Transcribed", "ledger_of", "ledgers_of"]

Edit = Literal["instructions changed", "tools changed", "item deleted", "item truncated", "item inserted"]
"""What a client may do between two responses that changes what the prompt cache has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One response, and what entered its context since the one before.

    Parameters
    ----------
    response_id : str
    turn : int
        Index of the turn it belongs to, from 0; -1 for a response outside of the conversation.
    at_s : float
        When it was over (created, where it is not), in seconds on the session's clock.
    on : datetime.date
        The day, UTC, whose prices hold.
    model : str
        The model that answered; empty where no event names one.
    status : str
        ``completed``, ``cancelled``, ``incomplete``, ``failed`` or ``in_progress``.
    usage : TokenUsage or None
        As the server counted it; None where it sent none, as for most failed responses.
    settings : ModalityCount
        Estimated tokens of the instructions and tools that applied.
    given : ModalityCount
        Tokens that entered the conversation since the response before, its answer apart.
    made, kept : ModalityCount
        Tokens generated, and what of them stays in the conversation.
    edits : tuple of Edit
        What was changed in what the model had seen before.
    user_audio_s, answer_audio_s : float
        Seconds of audio given since the response before, and generated.
    heard_s : float or None
        Seconds of the answer that were heard when it was interrupted; None when nothing cut it short.
    in_conversation : bool
        False for out-of-band responses.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> exchange, = s.ledger.exchanges
    >>> exchange.turn, exchange.status, exchange.model
    (0, 'completed', 'gpt-realtime-2.1')
    """

    response_id: str
    turn: int
    at_s: float
    on: date
    model: str
    status: str = "completed"
    usage: TokenUsage | None = None
    settings: ModalityCount = field(default_factory=ModalityCount)
    given: ModalityCount = field(default_factory=ModalityCount)
    made: ModalityCount = field(default_factory=ModalityCount)
    kept: ModalityCount = field(default_factory=ModalityCount)
    edits: tuple[Edit, ...] = ()
    user_audio_s: float = 0.0
    answer_audio_s: float = 0.0
    heard_s: float | None = None
    in_conversation: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcribed:
    """One input transcription, billed apart by a model of its own.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))
    >>> [(each.turn, each.model) for each in s.ledger.transcriptions]
    [(0, 'gpt-transcribe')]
    """

    item_id: str
    turn: int
    at_s: float
    on: date
    model: str
    usage: Mapping[str, Any]
    """As the server counted it; empty where it sent none, as the beta API does: then it has no price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Everything of one session that costs money, oldest first.

    Parameters
    ----------
    name : str
        What the session goes by in tables: a file's name, or what answered.
    endpoint : str
        What answered, in words, such as ``"embedded server"``.
    model : str
        The session's model; empty where no event names one.
    on : datetime.date
        The day it began, UTC.
    exchanges : tuple of Exchange
    transcriptions : tuple of Transcribed
    duration_s : float
        How long the connection was open.
    truncation : Truncation
        The policy that was in effect at the end.
    max_output_tokens : int or None
        The session's limit on an answer; None for none.
    pending : ModalityCount
        Tokens that entered the conversation after the last response.
    settings : ModalityCount
        Estimated tokens of the instructions and tools in effect at the end.
    transcription_model : str
        The transcription model in effect; empty for none.
    edits : tuple of Edit
        What was changed, after the last response, in what the model had been given.
    removed : ModalityCount
        Estimated tokens that those edits took out of the conversation.
    start_wall_s : float or None
        When it began, as Unix time in seconds; None where only the day is known.
    output_modalities : tuple of str
        What answers may be made of at the end: ``("text",)`` or ``("audio",)``, and both in the beta API; empty where
        no event tells.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> s.ledger.model, len(s.ledger.exchanges)
    ('gpt-realtime-2.1', 1)
    """

    name: str = ""
    endpoint: str = ""
    model: str = ""
    on: date = field(default_factory=date.today)
    exchanges: tuple[Exchange, ...] = ()
    transcriptions: tuple[Transcribed, ...] = ()
    duration_s: float = 0.0
    truncation: Truncation = field(default_factory=Truncation)
    max_output_tokens: int | None = None
    pending: ModalityCount = field(default_factory=ModalityCount)
    settings: ModalityCount = field(default_factory=ModalityCount)
    transcription_model: str = ""
    edits: tuple[Edit, ...] = ()
    removed: ModalityCount = field(default_factory=ModalityCount)
    start_wall_s: float | None = None
    output_modalities: tuple[str, ...] = ()

    @property
    def ledger(self) -> Ledger:
        """Itself: a ledger is a source like any other."""
        return self


@runtime_checkable
class HasLedger(Protocol):
    """A session, a recording, a usage report.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     isinstance(s, HasLedger)
    True
    """

    @property
    def ledger(self) -> Ledger:
        """The session as its bill sees it."""
        ...


Source: TypeAlias = HasLedger
"""What the functions of this room take: a session, a recording, a usage report, or a ledger."""


def ledger_of(source: Source) -> Ledger:
    """The ledger of a session, of a recording, or of a usage report.

    Raises
    ------
    ConfigError
        `source` has none.

    Examples
    --------
    >>> ledger_of(Ledger(name="empty")).name
    'empty'
    """
    found = getattr(source, "ledger", None)
    if isinstance(found, Ledger):
        return found
    raise ConfigError(
        f"A session or a recording is needed, not {source!r:.80}. Read a file with rtnb.replay('talk.rtnb') first."
    )


def ledgers_of(sources: Iterable[Source | Iterable[Source]]) -> list[Ledger]:
    """The ledgers of all sources, where a source may also be a list of them.

    Raises
    ------
    ConfigError
        One of them has none.

    Examples
    --------
    >>> monday, tuesday = Ledger(name="monday"), Ledger(name="tuesday")
    >>> [ledger.name for ledger in ledgers_of([monday, [tuesday]])]
    ['monday', 'tuesday']
    """
    found: list[Ledger] = []
    for source in sources:
        if (
            isinstance(source, Iterable)
            and not isinstance(source, str | Mapping)
            and not hasattr(type(source), "ledger")
        ):
            found += ledgers_of(source)
        else:
            found.append(ledger_of(source))  # type: ignore[arg-type]
    return found
