"""Where client and server are brought together: sessions by the word that names their endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from rtnb._connect.places import place_of
from rtnb.session.aio import AsyncSession as _AsyncSession
from rtnb.session.config.keywords import DEFAULT_MODEL
from rtnb.session.config.spelled import ConnectOptions, TranscriptionOptions, spelled
from rtnb.session.facade import Session
from rtnb.session.record.recording import Recording, load
from rtnb.session.transcription import AsyncTranscriptionSession as _AsyncTranscriptionSession
from rtnb.session.transcription_blocking import TranscriptionSession

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rtnb.server.brains import Brain
    from rtnb.server.local import LocalServer

__all__ = ["AsyncSession", "AsyncTranscriptionSession", "connect", "replay", "transcription"]


@spelled(ConnectOptions)
def connect(
    endpoint: str | None = None,
    *,
    model: str = DEFAULT_MODEL,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    brain: Brain | Callable[..., Any] | str | None = None,
    server: LocalServer | None = None,
    **settings: Unpack[ConnectOptions],
) -> Session:
    """Open a session with a realtime voice model.

    Parameters
    ----------
    endpoint : str, optional
        ``"local"``: the embedded server, in this process, without key, network or cost (the default, unless
        ``RTNB_ENDPOINT`` names another). ``"openai"``: the real API, which costs money (at ``OPENAI_BASE_URL`` where
        that is set, as for the ``openai`` package). Or the address of anything that speaks the protocol, such as
        ``"ws://127.0.0.1:8765/v1/realtime"``.
    model : str
        Model name; the embedded server takes the API's realtime models and names of their families, and prices each
        as named.
    key : str, optional
        For ``"openai"``: instead of ``OPENAI_API_KEY``; without either it is asked for. For an address: the
        bearer key. It is never stored, shown or recorded.
    headers : mapping, optional
        More headers for the handshake.
    brain : str, Brain or callable, optional
        What answers in the embedded server, in place of its demo brain: ``"chat"``, ``"script:FILE"``,
        ``"module:callable"``, a brain such as :class:`rtnb.ChatBrain`, or a function of the user's words.
    server : LocalServer, optional
        More about the embedded server: :class:`rtnb.LocalServer`. Sessions that are set up alike share one.
    **settings
        Of the session: ``instructions`` (str), ``voice`` (a name or :class:`rtnb.Voice`), ``modalities``
        (``["audio"]`` or ``["text"]``), ``turn_detection`` (:class:`rtnb.ServerVad`, :class:`rtnb.SemanticVad`, a
        mapping, or None for manual turns), ``transcription`` (a model's name, :class:`rtnb.Transcription`, a mapping,
        or None; asked for by default, and priced), ``noise_reduction`` (``"near_field"``, ``"far_field"``,
        :class:`rtnb.NoiseReduction` or None), ``speed`` (0.25 to 1.5), ``input_format`` and ``output_format``
        (``"pcm16"``, ``"pcmu"``, ``"pcma"``), ``max_output_tokens``, ``tools`` (Python functions, mappings,
        :class:`rtnb.Mcp`), ``tool_choice``, ``parallel_tool_calls``, ``reasoning`` (:class:`rtnb.Reasoning`),
        ``tracing``, ``truncation`` (:class:`rtnb.Truncation`), ``prompt`` (:class:`rtnb.Prompt`), ``logprobs``,
        ``include``; and ``session``, settings as a mapping in the GA shape, the beta shape or a mixture of both,
        which is translated and merged over the rest.

        Of the client's side: ``journal`` (True, False or a directory), ``budget_usd``, ``budget_tokens``,
        ``max_minutes``, ``handover`` and ``reconnect`` (True), ``half_duplex`` (False), ``policy``
        (:class:`rtnb.KeepLast` or :class:`rtnb.Summarise`), ``tracebacks`` (False), ``on_approval`` (a function),
        ``max_tool_rounds`` (8).

    Returns
    -------
    Session

    Raises
    ------
    ConfigError
        An unknown setting, an address that is none, no key.
    UnreachableError
        Nobody answers at the address.
    RefusedError
        The server does not let this client in.
    ApiError
        The server refuses the settings.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(instructions="Be brief.", modalities=["text"]) as s:
    ...     print(s.ask("What is seven plus five?", show=False).text)
    7 plus 5 is 12.
    """
    place = place_of(endpoint, key, headers, settings, brain=brain, server=server)
    return Session(place, model=model, **settings)


class AsyncSession(_AsyncSession):
    """The same session on the running event loop; takes what :func:`connect` takes.

    Examples
    --------
    >>> import asyncio, rtnb
    >>> async def main():
    ...     async with rtnb.AsyncSession(modalities=["text"]) as s:
    ...         turn = await s.ask("Spell cat.")
    ...     return turn.text
    >>> asyncio.run(main())
    'C, A, T.'
    """

    @spelled(ConnectOptions)
    def __init__(
        self,
        endpoint: str | None = None,
        *,
        model: str = DEFAULT_MODEL,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        brain: Brain | Callable[..., Any] | str | None = None,
        server: LocalServer | None = None,
        **settings: Unpack[ConnectOptions],
    ) -> None:
        place = place_of(endpoint, key, headers, settings, brain=brain, server=server)
        super().__init__(place, model=model, **settings)


@spelled(TranscriptionOptions)
def transcription(
    endpoint: str | None = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    server: LocalServer | None = None,
    **settings: Unpack[TranscriptionOptions],
) -> TranscriptionSession:
    """Open a session that writes down what it hears, and never answers.

    Parameters
    ----------
    endpoint, key, headers, server
        As for :func:`connect`.
    **settings
        ``model`` (a transcription model; ``"gpt-transcribe"``), ``language`` (``"en"``), ``languages``, ``prompt``,
        ``keywords``, ``delay`` (as of ``Transcription``, as far as the model knows them), ``noise_reduction``
        (``"near_field"``, ``"far_field"``), ``turn_detection`` (what cuts the audio into utterances: by default server
        VAD with 500 ms of silence; None has a recording transcribed as one piece), ``logprobs`` (bool),
        ``input_format`` and ``journal``.

    Raises
    ------
    ConfigError, UnreachableError, RefusedError, ApiError
        As for :func:`connect`.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.transcription(turn_detection=None) as t:
    ...     print(t.transcribe(rtnb.sample("weather_question")).text)
    What is the weather in Paris?
    """
    return TranscriptionSession(place_of(endpoint, key, headers, settings, server=server), **settings)


class AsyncTranscriptionSession(_AsyncTranscriptionSession):
    """The same on the running event loop; takes what :func:`transcription` takes.

    Examples
    --------
    >>> import asyncio, rtnb
    >>> async def main():
    ...     async with rtnb.AsyncTranscriptionSession() as t:
    ...         async for partial in await t.stream(rtnb.sample("weather_question")):
    ...             if partial.final:
    ...                 print(partial)
    >>> asyncio.run(main())
    What is the weather in Paris?
    """

    @spelled(TranscriptionOptions)
    def __init__(
        self,
        endpoint: str | None = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        server: LocalServer | None = None,
        **settings: Unpack[TranscriptionOptions],
    ) -> None:
        super().__init__(place_of(endpoint, key, headers, settings, server=server), **settings)


def replay(path: str | Path) -> Recording:
    """A recorded session, in the same views, with no server at all.

    Raises
    ------
    RecordingError
        There is no such file, or it is no recording.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.ask("What is 6 times 7?")
    >>> talk = rtnb.replay(s.journal)
    >>> talk.turns[0].text
    '6 times 7 is 42.'
    """
    # What rtnb.journals() lists says where it is.
    return load(getattr(path, "path", path))
