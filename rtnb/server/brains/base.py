"""The seam between the embedded server and whatever thinks for it.

The server turns audio into words and words into audio; between the two sits a *brain*. It is handed one
:class:`BrainRequest`, the conversation so far and the settings of the response, and streams back pieces of
text (:class:`Say`) and tool calls (:class:`Call`). That is all a brain has to do: it knows nothing of events,
items, audio or sockets, and a language model fits behind the same seam as rtnb's own demo brain.

What the server promises
    Messages come in conversation order; audio is recognised before the brain is asked; one request is one
    response. To cancel, the server closes the iterator (``aclose``), so a brain that holds something open
    releases it in ``finally``.
What a brain promises
    To yield soon and often, best a sentence at a time, since speech starts with the first complete sentence;
    never to block the event loop; to raise :class:`BrainError` to fail the response on purpose, and anything else
    only for a defect, which fails it too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

__all__ = ["Brain", "BrainError", "BrainRequest", "Call", "Image", "Message", "Piece", "Say", "Stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """What is known of an image without looking at it.

    Parameters
    ----------
    kind : str
        Its media type, ``"image/png"`` or ``"image/jpeg"``.
    width, height : int
        In pixels.
    data : bytes
        The file.
    detail : str
        How closely a model should look, ``"auto"``, ``"low"`` or ``"high"``.

    Examples
    --------
    >>> Image(kind="image/png", width=640, height=480, data=b"")
    Image(kind='image/png', width=640, height=480)
    """

    kind: str
    width: int
    height: int
    data: bytes = field(repr=False, default=b"")
    detail: str = field(repr=False, default="auto")


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One item of the conversation, as text.

    Parameters
    ----------
    role : {"system", "user", "assistant", "tool"}
        Who said it; ``"tool"`` is a function call's output, and a call that the assistant made is an
        ``"assistant"`` message with a `name`.
    text : str
        The words: typed, recognised, answered, a tool's output, or a call's arguments as JSON text.
    heard : bool
        Whether the words came as audio and were recognised. Empty `text` then means that nothing was
        understood.
    images : tuple of Image
        What images came with the words.
    call_id, name : str or None
        Which call this is or answers, and of which tool; None for plain messages.

    Examples
    --------
    >>> from rtnb.server.brains import Message
    >>> Message(role="user", text="What is server VAD?", heard=True).heard
    True
    """

    role: Literal["system", "user", "assistant", "tool"]
    text: str = ""
    heard: bool = False
    images: tuple[Image, ...] = ()
    call_id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrainRequest:
    """All that a brain may know for one response.

    Parameters
    ----------
    messages : tuple of Message
        The conversation, oldest first. The last one may be anybody's: a client can ask for a response
        without saying anything.
    instructions : str
        The instructions in effect for this response.
    tools : tuple of mapping
        Function tools as the session states them (``name``, ``description``, ``parameters``).
    tool_choice : str or mapping
        ``"auto"``, ``"none"``, ``"required"``, or one tool.
    modalities : tuple of str
        ``("audio",)`` when the answer will be spoken, ``("text",)`` when it will be read.
    can_hear, can_speak : bool
        Whether speech recognition and speech synthesis are installed.
    missing : tuple of str
        One sentence on each part that is not installed.
    parallel_tool_calls : bool
        Whether one response may hold several calls.
    metadata : mapping of str to str
        What the client attached to the response.
    max_output_tokens : int or None
        What the answer may take, text and audio together; the server cuts what is longer. None for no limit.
    in_conversation : bool
        False for an out-of-band response, whose answer nobody in the conversation hears.

    Examples
    --------
    >>> from rtnb.server.brains import BrainRequest, Message
    >>> BrainRequest(messages=(Message(role="user", text="Hello!"),)).modalities
    ('audio',)
    """

    messages: tuple[Message, ...]
    instructions: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = "auto"
    modalities: tuple[str, ...] = ("audio",)
    can_hear: bool = True
    can_speak: bool = True
    missing: tuple[str, ...] = ()
    parallel_tool_calls: bool = True
    metadata: Mapping[str, str] = field(default_factory=dict)
    max_output_tokens: int | None = None
    in_conversation: bool = True


@dataclass(frozen=True, slots=True)
class Say:
    """A piece of the answer; the pieces of one response are concatenated as they are."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call.

    Parameters
    ----------
    name : str
        The tool.
    arguments : str
        JSON text of one object.
    call_id : str or None
        None lets the server make one.
    """

    name: str
    arguments: str
    call_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End the response here as incomplete: what was said so far stands.

    Parameters
    ----------
    reason : {"max_output_tokens", "content_filter"}
        As in the response's ``status_details``.
    """

    reason: Literal["max_output_tokens", "content_filter"]


Piece = Say | Call | Stop
"""What a brain streams."""


class BrainError(Exception):
    """Raised by a brain to fail its response on purpose, as a service does under load.

    Parameters
    ----------
    message : str
        For people.
    code : str or None
        Such as ``"rate_limit_exceeded"`` or ``"insufficient_quota"``.
    type : str
        Kind of error.

    Examples
    --------
    >>> raise BrainError("Try again later.", code="rate_limit_exceeded")
    Traceback (most recent call last):
    rtnb.server.brains.base.BrainError: Try again later.
    """

    def __init__(self, message: str, *, code: str | None = None, type: str = "server_error") -> None:
        super().__init__(message)
        self.code = code
        self.type = type


class Brain(Protocol):
    """What the embedded server asks for its answers.

    Examples
    --------
    The smallest brain, which answers everything with the same sentence:

    >>> import asyncio
    >>> from rtnb.server.brains import BrainRequest, Say
    >>> class Parrot:
    ...     name = "parrot"
    ...
    ...     async def reply(self, request):
    ...         yield Say("Pieces of eight!")
    >>> async def listen():
    ...     return [piece async for piece in Parrot().reply(BrainRequest(messages=()))]
    >>> asyncio.run(listen())
    [Say(text='Pieces of eight!')]
    """

    name: str

    def reply(self, request: BrainRequest) -> AsyncIterator[Piece]:
        """Stream the answer to the end of `request.messages`."""
        ...
