"""The plain verbs of a session without await: each runs on the loop thread and is waited for."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeVar, Unpack

from rtnb.audio import Clip
from rtnb.session.aio import AsyncSession
from rtnb.session.config.content import Content
from rtnb.session.config.diff import ConfigDiff
from rtnb.session.config.spelled import Settings, spelled
from rtnb.session.verbs.history import LoadedHistory
from rtnb.session.verbs.item import Item
from rtnb.session.verbs.items import Role
from rtnb.session.verbs.policies import Condensed
from rtnb.session.verbs.rebuild import Rebuilt

__all__ = ["Blocking", "BlockingItems", "BlockingPlayer"]

T = TypeVar("T")


class Blocking:
    """Verbs that need neither a card nor a bar."""

    _async: AsyncSession

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        raise NotImplementedError

    def _call(self, look: Callable[[], T]) -> T:
        raise NotImplementedError

    # Settings

    @spelled(Settings)
    def update(self, **settings: Unpack[Settings]) -> ConfigDiff:
        """Change settings; returns when the server has applied them. See :func:`rtnb.connect` for the names.

        Returns
        -------
        ConfigDiff
            What was asked for, against what is in effect now.

        Raises
        ------
        ApiError
            The server refused; nothing changed.
        ConfigError
            An unknown setting.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     diff = s.update(turn_detection=rtnb.ServerVad(silence_duration_ms=350))
        ...     s.config.effective["audio"]["input"]["turn_detection"]["silence_duration_ms"]
        350
        """
        return self._run(self._async.update(**settings))

    # The input buffer

    def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format (PCM16 at 24 kHz), to the input buffer.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"], turn_detection=None) as s:
        ...     s.append(rtnb.Clip.load(rtnb.sample("weather_question")))
        ...     s.commit()
        ...     s.respond().transcript
        'What is the weather in Paris?'
        """
        self._run(self._async.append(audio))

    def commit(self) -> None:
        """Make a user item of the input buffer; asks for no response by itself.

        Raises
        ------
        AudioError
            The buffer holds less than the 100 ms that the server takes.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"], turn_detection=None) as s:
        ...     s.append(rtnb.Clip.silence(0.5))
        ...     s.commit()
        ...     turn = s.respond()
        ...     [item.role for item in s.items]
        ['user', 'assistant']
        """
        self._run(self._async.commit())

    def clear(self) -> None:
        """Empty the input buffer.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"], turn_detection=None) as s:
        ...     s.append(rtnb.Clip.silence(0.5))
        ...     s.clear()
        ...     s.commit()  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        rtnb.errors.AudioError: The input buffer holds 0 ms.
        """
        self._run(self._async.clear())

    # Items and history

    def add(self, content: Content, *, role: Role = "user", **options: Any) -> Item:
        """Put an item into the conversation without asking for a response.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     _ = s.add("You may call me Sam.")
        ...     print(len(s.items))
        1
        """
        return self._run(self._async.add(content, role=role, **options))

    @property
    def items(self) -> BlockingItems:
        """The items of the conversation, in its order: ``delete``, ``truncate``, ``retrieve``."""
        return BlockingItems(self)

    def load_history(self, messages: Sequence[Mapping[str, Any]]) -> LoadedHistory:
        """Put a text history into the conversation; says what the API cannot take.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     loaded = s.load_history([("user", "Call me Sam."), ("assistant", "Hello, Sam.")])
        ...     [item.role for item in s.items]
        ['user', 'assistant']
        """
        return self._run(self._async.load_history(messages))

    def export_history(self, style: Literal["chat", "items"] = "chat") -> list[dict[str, Any]]:
        """The conversation as text: ``"chat"`` messages, or the protocol's ``"items"``.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("What is 6 times 7?")
        ...     s.export_history()
        [{'role': 'user', 'content': 'What is 6 times 7?'}, {'role': 'assistant', 'content': '6 times 7 is 42.'}]
        """
        return self._call(lambda: self._async.export_history(style))

    def send_event(self, event: Mapping[str, Any]) -> str:
        """Send any event; returns its ``event_id``.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     s.send_event({"type": "input_audio_buffer.clear", "event_id": "mine"})
        'mine'
        """
        return self._run(self._async.send_event(event))

    # Beside the conversation

    def aside(self, instructions: str | None = None, input: Any = None, *, wait: bool = True, **options: Any) -> Any:
        """A response outside of the conversation, beside whatever goes on in it.

        Parameters
        ----------
        instructions : str, optional
        input : optional
            What it is given instead of the conversation: text, clips, turns, items, or a list of them.
        wait : bool
            False returns a handle at once.
        **options
            ``timeout`` in seconds, and the overrides of :meth:`ask`.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     _ = s.ask("Spell cat.", show=False)
        ...     print(s.aside("Spell dog.", input="Spell dog.").text, len(s.turns))
        D, O, G. 1
        """
        return self._run(self._async.aside(instructions, input, wait=wait, **options))

    def classify(self, labels: Sequence[str], about: Any = None, **options: Any) -> Any:
        """Which of some labels fits the conversation, a turn or a text best, as the model sees it.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask("My parcel is broken and nobody answers the phone.")
        ...     s.classify(["billing", "delivery", "praise"])
        'delivery'
        """
        return self._run(self._async.classify(labels, about, **options))

    def moderate(self, about: Any = None, **options: Any) -> Any:
        """Whether the conversation, a turn or a text should be flagged, as the model sees it.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     s.moderate("What is the weather in Paris?").flagged
        False
        """
        return self._run(self._async.moderate(about, **options))

    def transcribe(self, turn: Any = None, **options: Any) -> Any:
        """What the user said in a turn, by the model itself instead of a transcription model.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))
        ...     s.transcribe(turn).text
        'What is the weather in Paris?'
        """
        return self._run(self._async.transcribe(turn, **options))

    # Tools

    def tool(self, function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
        """Let the model call a Python function: a decorator, with or without options.

        Parameters
        ----------
        function : callable
            Its signature, type hints and docstring become the schema. It runs off the session's loop; a
            coroutine function runs on a loop of its own. An exception is told to the model, without its traceback.
        **options
            ``name``, ``description``, ``background`` (the conversation goes on while it runs), ``timeout_s``.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     @s.tool
        ...     def lookup_order(order_id: str) -> dict:
        ...         "Look an order up by its id."
        ...         return {"status": "shipped"}
        ...     turn = s.ask("Please look up order 17.", show=False)
        >>> [call.name for call in turn.tool_calls]
        ['lookup_order']
        """
        if function is None:
            return lambda function: self.tool(function, **options)
        self._run(self._async.add_tool(function, **options))
        return function

    @property
    def tools(self) -> Any:
        """The tools of the session."""
        return self._async.tools

    # Long sessions

    def raise_budget(
        self, *, usd: float | None = None, tokens: int | None = None, minutes: float | None = None
    ) -> None:
        """Raise limits of the session: ``usd``, ``tokens``, ``minutes``.

        Raises
        ------
        ConfigError
            The new limit is not above the old one.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"], budget_usd=0.50) as s:
        ...     s.raise_budget(usd=1.00)
        """
        self._call(lambda: self._async.raise_budget(usd=usd, tokens=tokens, minutes=minutes))

    def handover(self) -> Rebuilt:
        """Go on on a new connection, with the conversation rebuilt there; says what could not be.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     _ = s.ask("Spell cat.", show=False)
        ...     _ = s.handover()
        ...     print(s.status, len(s.items))
        open 2
        """
        return self._run(self._async.handover())

    def summarise(self, **options: Any) -> Condensed:
        """Replace old turns by a summary; says what became of them.

        Parameters
        ----------
        **options
            ``keep_turns``, ``summary_tokens``, ``instructions`` for the model that writes it, or ``by``: a function
            that takes the text of the turns and returns the summary.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     for question in ("What is 2 plus 2?", "What is 3 plus 3?", "What is 4 plus 4?"):
        ...         turn = s.ask(question)
        ...     done = s.summarise(keep_turns=1, by=lambda text: "We did sums.")
        ...     ["We did sums." in item.text for item in s.items]
        [True, False, False]
        """
        return self._run(self._async.summarise(**options))

    def prune(self, *, turns: int) -> Condensed:
        """Delete all but the latest turns from the conversation; says what was deleted.

        Examples
        --------
        >>> import rtnb
        >>> with rtnb.connect(modalities=["text"]) as s:
        ...     for question in ("What is 2 plus 2?", "What is 3 plus 3?", "What is 4 plus 4?"):
        ...         turn = s.ask(question)
        ...     done = s.prune(turns=1)
        ...     [item.text for item in s.items]
        ['What is 4 plus 4?', '4 plus 4 is 8.']
        """
        return self._run(self._async.prune(turns=turns))

    @property
    def player(self) -> BlockingPlayer:
        """Where a real player reports what it played."""
        return BlockingPlayer(self)


class BlockingItems:
    """The items of a conversation, in its order."""

    def __init__(self, session: Blocking) -> None:
        self._session = session

    def __iter__(self) -> Iterator[Any]:
        return iter(self._session._call(lambda: list(self._session._async.items)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def add(self, content: Content, *, role: Role = "user", **options: Any) -> Item:
        """Put an item into the conversation."""
        return self._session.add(content, role=role, **options)

    def delete(self, item_id: str) -> None:
        """Take an item out of the conversation.

        Raises
        ------
        ApiError
            There is no such item.
        """
        self._session._run(self._session._async.items.delete(item_id))

    def truncate(self, item_id: str, audio_end_ms: int) -> Any:
        """Cut an answer's audio to what was heard; its transcript goes with it."""
        return self._session._run(self._session._async.items.truncate(item_id, audio_end_ms))

    def retrieve(self, item_id: str) -> Any:
        """An item as the server has it, with its audio."""
        return self._session._run(self._session._async.items.retrieve(item_id))

    def __repr__(self) -> str:
        return self._session._call(lambda: repr(self._session._async.items))


class BlockingPlayer:
    """The playback clock, for players on any thread; see :class:`rtnb.session.verbs.player.Player`."""

    def __init__(self, session: Blocking) -> None:
        self._session = session

    @property
    def attached(self) -> bool:
        """Whether a real player's reports are the clock."""
        return self._session._call(lambda: self._session._async.player.attached)

    def attach(self) -> None:
        """A real player takes over."""
        self._session._call(lambda: self._session._async.player.attach())

    def detach(self) -> None:
        """It is gone; the virtual player goes on from where it was."""
        self._session._call(lambda: self._session._async.player.detach())

    def report(self, item_id: str, *, played_ms: float) -> None:
        """So much of an item was played so far, in milliseconds from its beginning."""
        self._session._call(lambda: self._session._async.player.report(item_id, played_ms=played_ms))

    def sounding(self) -> str | None:
        """The item that is being played, if any."""
        return self._session._call(lambda: self._session._async.player.sounding())

    def played_ms(self, item_id: str) -> float:
        """How much of an item was heard so far."""
        return self._session._call(lambda: self._session._async.player.played_ms(item_id))
