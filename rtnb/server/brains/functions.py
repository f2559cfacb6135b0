"""Any Python callable as a brain.

It may be a function, a coroutine function, a generator or an asynchronous generator; it takes the request, only
the text, or nothing, and gives back text, a tool call, or several of both. What is synchronous runs in a thread,
so that a slow function holds up nobody else's session.
"""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any, Final

from rtnb.errors import ConfigError
from rtnb.server.brains.base import BrainRequest, Call, Piece, Say, Stop

__all__ = ["CallableBrain"]

_TEXT_NAMES: Final = frozenset({"text", "words", "said", "utterance", "user_text", "message", "question"})
"""A first parameter of one of these names takes the text."""

_THREADS: Final = 32
"""Synchronous answers that may run at once; further ones wait."""

_END: Final = object()


class CallableBrain:
    """A brain made of a callable.

    Parameters
    ----------
    function : callable
        Called once a response. Its first parameter gets the text of the last message, whoever wrote it, where it
        is annotated ``str`` or called ``text``, ``words``, ``said``, ``utterance``, ``user_text``, ``message``
        or ``question``; else the whole :class:`BrainRequest`. It may have no parameter at all.
        It returns or yields str, :class:`Say`, :class:`Call` and :class:`Stop`, or returns an iterable of them;
        None is nothing. What it raises fails the response; :class:`BrainError` chooses how.
    name : str, optional
        What the server calls it; the function's name if not given.

    Raises
    ------
    ConfigError
        It needs more arguments than a brain is given.

    Examples
    --------
    >>> import asyncio
    >>> from rtnb.server.brains import BrainRequest, CallableBrain, Message
    >>> brain = CallableBrain(lambda text: f"You said {text}")
    >>> async def listen():
    ...     return [piece async for piece in brain.reply(BrainRequest(messages=(Message(role="user", text="yes"),)))]
    >>> asyncio.run(listen())
    [Say(text='You said yes')]
    """

    def __init__(self, function: Callable[..., Any], *, name: str | None = None) -> None:
        self.name: str = name or getattr(function, "__name__", "") or type(function).__name__
        self._function = function
        self._takes = _takes(function, self.name)
        self._on_loop = any(_is_async(each) for each in (function, getattr(function, "__call__", None)))  # noqa: B004
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix=f"brain-{self.name}")

    async def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream what the callable gives."""
        last = request.messages[-1].text if request.messages else ""
        given: tuple[object, ...] = {"request": (request,), "text": (last,), "nothing": ()}[self._takes]
        result = self._function(*given) if self._on_loop else await self._in_thread(self._function, *given)
        if inspect.isawaitable(result):
            result = await result
        if isinstance(result, AsyncIterable):
            stream = aiter(result)
            try:
                async for value in stream:
                    yield _piece(value)
            finally:
                if (close := getattr(stream, "aclose", None)) is not None:
                    await close()
        elif isinstance(result, Iterable) and not isinstance(result, str | bytes | bytearray | dict):
            async for value in self._stepped(iter(result)):
                yield _piece(value)
        elif result is not None:
            yield _piece(result)

    async def _stepped(self, iterator: Iterator[Any]) -> AsyncIterator[Any]:
        """The items of a synchronous iterator, each taken in a thread."""
        lock = Lock()

        def step() -> Any:
            with lock:
                return next(iterator, _END)

        def close() -> None:
            # A generator cannot be closed while it runs, so this waits for its last step; nobody waits for this.
            with lock:
                iterator.close()  # type: ignore[attr-defined]

        try:
            while (value := await self._in_thread(step)) is not _END:
                yield value
        finally:
            if hasattr(iterator, "close"):
                self._threads.submit(close)

    def _in_thread(self, function: Callable[..., Any], *arguments: object) -> asyncio.Future[Any]:
        context = contextvars.copy_context()
        return asyncio.get_running_loop().run_in_executor(self._threads, lambda: context.run(function, *arguments))


def _is_async(function: object) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def _takes(function: Callable[..., Any], name: str) -> str:
    """ "request", "text" or "nothing"."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not say what they take
        return "text"
    places = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    more = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    extra = [p.name for p in more if p is not (places[0] if places else None)]
    if extra:
        raise ConfigError(
            f"A brain is called with one argument, the request or its text; {name} also needs {', '.join(extra)}."
        )
    if not places:
        return "nothing"
    first = places[0]
    return "text" if first.annotation in (str, "str") or first.name in _TEXT_NAMES else "request"


def _piece(value: object) -> Piece:
    if isinstance(value, str):
        return Say(value)
    if isinstance(value, Say | Call | Stop):
        return value
    raise TypeError(f"A brain gives text, Say, Call or Stop, not {type(value).__name__}.")
