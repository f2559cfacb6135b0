"""Where client and server are brought together: the only module that knows both."""

from __future__ import annotations

import getpass
import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from rtnb.errors import ConfigError
from rtnb.protocol.url_secrets import url_without_secrets
from rtnb.session.aio import AsyncSession as _AsyncSession
from rtnb.session.config.keywords import DEFAULT_MODEL
from rtnb.session.config.spelled import ConnectOptions, Settings, TranscriptionOptions, spelled
from rtnb.session.facade import Session
from rtnb.session.live import deciding
from rtnb.session.record.recording import Recording, load
from rtnb.session.transcription import AsyncTranscriptionSession as _AsyncTranscriptionSession
from rtnb.session.transcription_blocking import TranscriptionSession
from rtnb.session.wire.client_secret import ClientSecret
from rtnb.session.wire.client_secret import client_secret as mint
from rtnb.session.wire.endpoint import Endpoint, openai_endpoint, url_endpoint
from rtnb.session.wire.place import FixedPlace, Place, Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from rtnb.server import EmbeddedServer
    from rtnb.server.brains import Brain
    from rtnb.server.local import LocalServer

__all__ = [
    "AsyncSession",
    "AsyncTranscriptionSession",
    "client_secret",
    "connect",
    "named_endpoint",
    "place_of",
    "replay",
    "transcription",
    "warm",
]

ENDPOINT_VARIABLE = "RTNB_ENDPOINT"

LABEL = "embedded server"

SERVER_SETTINGS = frozenset({"detector", "ear", "faults", "latency_ms", "mcp", "prompts", "realtime_factor", "tts"})
"""What belongs to :class:`rtnb.LocalServer`, kept here so that nobody who connects elsewhere imports a server."""


class _LocalPlace:
    """The embedded server, started when it is needed."""

    def __init__(self, settings: LocalServer | None) -> None:
        self._settings = settings
        self._server: EmbeddedServer | None = None

    def open(self) -> Endpoint:
        from rtnb.server.local import LocalServer, shared_servers

        settings = LocalServer() if self._settings is None else self._settings
        self._server = shared_servers().acquire(settings)
        return Endpoint(url=self._server.url, label=LABEL, key=self._server.key)

    def warm(self, progress: Progress) -> None:
        if self._server is not None:
            self._server.wait_warm(progress)

    def notes(self) -> tuple[str, ...]:
        return () if self._server is None else self._server.missing()

    def close(self) -> None:
        from rtnb.server.local import shared_servers

        if self._server is not None:
            server, self._server = self._server, None
            shared_servers().release(server)


def place_of(
    endpoint: str | None,
    key: str | None,
    headers: Mapping[str, str] | None,
    settings: Mapping[str, Any],
    *,
    brain: Any = None,
    server: LocalServer | None = None,
) -> Place:
    for name in settings:
        if name in SERVER_SETTINGS:
            raise ConfigError(
                f"{name} is a setting of the embedded server, not of a session: "
                f"connect(server=rtnb.LocalServer({name}=...))."
            )
    chosen = named_endpoint(endpoint)
    if chosen == "local":
        if key is not None or headers:
            raise ConfigError("The embedded server takes no key and no headers; it makes its own key.")
        return _LocalPlace(_local(brain, server))
    for name, given in (("brain", brain), ("server", server)):
        if given is not None:
            where = "" if endpoint is not None else f", which {ENDPOINT_VARIABLE} names,"
            raise ConfigError(
                f"{name}= sets up the embedded server, and {_shown(chosen)}{where} is another one: leave it out, or "
                "connect to 'local'."
            )
    if chosen == "openai":
        return FixedPlace(openai_endpoint(key=key, headers=headers, ask=_asked))
    return FixedPlace(url_endpoint(chosen, key=key, headers=headers))


def named_endpoint(endpoint: str | None) -> str:
    """What was asked for, or what the environment names: ``"local"``, ``"openai"`` or an address."""
    return endpoint if endpoint is not None else os.environ.get(ENDPOINT_VARIABLE) or "local"


def _asked(prompt: str) -> str:
    """Ask for a key, where somebody can answer without everybody seeing it."""
    if deciding(blocked=True) == "none":
        raise EOFError
    return getpass.getpass(prompt)


def _shown(endpoint: str) -> str:
    return repr(url_without_secrets(endpoint))


def _local(brain: Any, server: LocalServer | None) -> LocalServer | None:
    if brain is None and server is None:
        return None
    from rtnb.server.local import LocalServer

    if server is None:
        return LocalServer(brain=brain)
    if not isinstance(server, LocalServer):
        raise ConfigError(f"server= takes a rtnb.LocalServer, not {type(server).__name__}.")
    if brain is not None:
        raise ConfigError("Give the brain once: as brain=, or as rtnb.LocalServer(brain=...).")
    return server


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


@spelled(Settings)
def client_secret(
    endpoint: str | None = None,
    *,
    model: str | None = None,
    expires_s: int = 600,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    brain: Brain | Callable[..., Any] | str | None = None,
    server: LocalServer | None = None,
    **settings: Unpack[Settings],
) -> ClientSecret:
    """A short-lived key for handing a session to a browser.

    Whoever has it can open one session with these settings, and nothing else; your own key stays where it is.

    Parameters
    ----------
    endpoint, key, headers, brain, server
        As for :func:`connect`. A secret of the embedded server is good as long as a session of this process is open
        whose server is set up alike.
    model : str, optional
        Of the session; the default model of :func:`connect` if not given.
    expires_s : int
        Seconds in which a session can be opened with it, 10 to 7200.
    **settings
        Settings of the session, as for :func:`connect`.

    Returns
    -------
    ClientSecret
        ``value`` gives it; it is in no repr.

    Raises
    ------
    ConfigError
        A setting that cannot be used, no key.
    UnreachableError, RefusedError, ApiError
        There is no server, or it refuses.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect() as s:                     # keeps the embedded server running
    ...     secret = rtnb.client_secret(instructions="Be brief.")
    >>> secret.value.startswith("ek_"), secret.value in repr(secret)
    (True, False)
    """
    place = place_of(endpoint, key, headers, settings, brain=brain, server=server)
    try:
        return mint(place.open(), model=model or DEFAULT_MODEL, expires_s=expires_s, settings=settings)
    finally:
        place.close()


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


def warm(*, wait: bool = False) -> None:
    """Load in the background what the embedded server's first answer needs.

    A session does so by itself when it is opened, and its first answer waits until it is done: about two seconds. At
    the start of a program or a kernel, this has them over by then. Nothing happens where ``RTNB_ENDPOINT`` names
    another server.

    Parameters
    ----------
    wait : bool
        Return only when everything is loaded.

    Raises
    ------
    ModelError, WeightsError, ConfigError
        While waiting: the voices cannot be loaded. Otherwise the first session says so.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.warm()
    """
    if named_endpoint(None) != "local":
        return
    # With the modules, which take as long as the models.
    thread = threading.Thread(target=_load, name="rtnb-warm", daemon=True)
    thread.start()
    if wait:
        from rtnb.speech import shared_loader

        thread.join()
        shared_loader().result()


def _load() -> None:
    from rtnb.server.web.running import warm_up
    from rtnb.speech import shared_loader

    warm_up(shared_loader())
    # A session and its views, while the models load on threads of their own.
    import rtnb.plots.cards
    import rtnb.server.local
    import rtnb.session.facade  # noqa: F401
