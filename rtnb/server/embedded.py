"""The server inside this process: a free loopback port, a loop thread of its own, a random key."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import signal
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import uvicorn

from rtnb.errors import ConfigError, SessionError, UnreachableError
from rtnb.server.options import Options
from rtnb.server.web.app import Application, create_app
from rtnb.server.web.transport import PING_S, PONG_S, QuietLog, SocketProtocol, guarded_http
from rtnb.speech import VoiceLoader, shared_loader
from rtnb.tokens import count_text

__all__ = ["EmbeddedServer", "serve"]

GRACE_S = 2
"""How long open connections may take to end when the server stops."""

POLL_S = 0.05
"""How often the loading of the voices is looked at; short against the two seconds it takes."""

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Largest client frame: 15 MiB of audio in base64 and the JSON around it fit. A larger one closes with 1009."""

BACKLOG = 128
"""Connections that may wait to be accepted."""


def _config(options: Options, loader: VoiceLoader, log_level: str) -> tuple[uvicorn.Config, Application]:
    app, application = create_app(options, loader)
    limits = options.limits
    config = uvicorn.Config(
        app,
        http=guarded_http(connections=limits.connections, handshake_s=limits.handshake_s),
        ws=SocketProtocol,
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        # Audio in base64 does not compress on loopback, it only costs time.
        ws_per_message_deflate=False,
        lifespan="off",
        log_level=log_level,
        access_log=False,
        limit_concurrency=limits.connections,
        timeout_graceful_shutdown=GRACE_S,
        server_header=False,
    )
    log = logging.getLogger("uvicorn.error")
    if not any(isinstance(each, QuietLog) for each in log.filters):
        log.addFilter(QuietLog())
    return config, application


def _warm_up(loader: VoiceLoader) -> None:
    """Load beside the start what the first session would else wait for: the voices, and the tokenizer (0.1 s)."""
    loader.start()
    threading.Thread(target=count_text, args=("warm",), name="rtnb-tokens", daemon=True).start()


class EmbeddedServer:
    """A realtime server in a thread, for this process alone.

    Parameters
    ----------
    options : Options, optional
        A random key is set when it names none.

    Examples
    --------
    >>> from rtnb.server import EmbeddedServer
    >>> with EmbeddedServer() as server:
    ...     server.url.startswith("ws://127.0.0.1:")
    True
    """

    def __init__(self, options: Options | None = None) -> None:
        options = options or Options()
        if options.api_key is None:
            options = replace(options, api_key=f"local-{secrets.token_urlsafe(24)}")
        self._options = options
        self.voices = shared_loader()
        self._socket = socket.socket()
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def key(self) -> str:
        """What a client must present."""
        assert self._options.api_key is not None
        return self._options.api_key

    @property
    def url(self) -> str:
        """Address of the WebSocket endpoint, without the model."""
        host, port = self._socket.getsockname()
        return f"ws://{host}:{port}/v1/realtime"

    def wait_warm(self, progress: Callable[[int, int, str], None]) -> None:
        """Wait until the voices are loaded, reporting on the way.

        Raises
        ------
        ModelError
            They cannot be loaded.
        """
        while not self.voices.ready.wait(POLL_S):
            progress(*self.voices.progress)
        self.voices.result()

    def missing(self) -> tuple[str, ...]:
        """Sentences on what the voice stack lacks, or on why it did not load; empty while it loads."""
        if not self.voices.ready.is_set():
            return ()
        try:
            return self.voices.result().missing
        except Exception as error:
            # Whatever broke the loading: it is told here, and raised where the voices are needed.
            return (f"The voice models could not be loaded: {' '.join(str(error).split())}",)

    def start(self) -> EmbeddedServer:
        """Listen; returns when connections are accepted. The voices load meanwhile."""
        _warm_up(self.voices)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(BACKLOG)
        config, application = _config(self._options, self.voices, "error")
        self._server = uvicorn.Server(config)
        ready = threading.Event()

        def run() -> None:
            assert self._server is not None
            loop = asyncio.new_event_loop()
            loop.call_soon(ready.set)
            try:
                loop.run_until_complete(self._server.serve([self._socket]))
                loop.run_until_complete(loop.shutdown_default_executor())
            finally:
                loop.close()
                application.close()
                ready.set()

        self._thread = threading.Thread(target=run, name="rtnb-server", daemon=True)
        self._thread.start()
        if not ready.wait(10) or not self._thread.is_alive():
            raise SessionError("The embedded server did not start.")
        return self

    def stop(self) -> None:
        """End all connections and the thread."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(GRACE_S + 5)
        self._socket.close()

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


class _Server(uvicorn.Server):
    """uvicorn's server, that says when it accepts connections."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def serve(
    host: str,
    port: int,
    options: Options,
    *,
    ready: Callable[[str], None] | None = None,
    missing: Callable[[str], None] | None = None,
) -> None:
    """Run a server in the foreground until it is interrupted or told to end (SIGTERM).

    Parameters
    ----------
    host : str
        Address to listen on; other than loopback only with a key.
    port : int
        0 for any free one.
    options : Options
        How the server behaves; `host` is added to the names it is called by.
    ready : callable, optional
        Takes the URL of the WebSocket endpoint once connections are accepted.
    missing : callable, optional
        Takes a sentence on each thing that the voices lack, once they are loaded.

    Raises
    ------
    ConfigError
        Other machines are to be let in, and no key is set.
    UnreachableError
        The port is taken, or there is no such address.
    """
    if not _is_loopback(host):
        if not options.api_key:
            raise ConfigError(
                f"Listening on {host} lets other machines in: set a key that they must present, with --api-key or in "
                "RTNB_API_KEY."
            )
        options = replace(options, hosts=(*options.hosts, _bracketed(host)))
    loader = shared_loader()
    config, application = _config(options, loader, "warning")
    listening = _listening(host, port)
    _warm_up(loader)

    def started() -> None:
        if ready is not None:
            ready(f"ws://{_bracketed(host)}:{listening.getsockname()[1]}/v1/realtime")
        if missing is not None:
            threading.Thread(target=_tell_missing, args=(loader, missing), name="rtnb-missing", daemon=True).start()

    def end(number: int, frame: object) -> None:
        raise SystemExit(0)

    here = threading.current_thread() is threading.main_thread()
    # uvicorn ends gracefully at a signal, then raises it again for the handler of before: for this one.
    before = signal.signal(signal.SIGTERM, end) if here else None
    try:
        _Server(config, started).run([listening])
    finally:
        if here:
            signal.signal(signal.SIGTERM, before)
        listening.close()
        application.close()


def _tell_missing(loader: VoiceLoader, tell: Callable[[str], None]) -> None:
    try:
        sentences = loader.result().missing
    except Exception as error:
        # Whatever broke the loading: clients are told where they need the voices.
        sentences = (f"The voice models could not be loaded: {' '.join(str(error).split())}",)
    for sentence in sentences:
        tell(sentence)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _listening(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, proto, _, address = found[0]
    except OSError as error:
        raise UnreachableError(f"There is no address '{host}' to listen on ({error.strerror}).") from None
    listening = socket.socket(family, kind, proto)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        raise UnreachableError(
            f"Port {port} of {host} is in use or not allowed ({error.strerror}); choose another with --port."
        ) from None
    return listening
