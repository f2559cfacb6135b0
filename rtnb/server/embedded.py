"""The server inside this process: a free loopback port, a loop thread of its own, a random key."""

from __future__ import annotations

import asyncio
import secrets
import socket
import threading
from collections.abc import Callable
from dataclasses import replace

import uvicorn

from rtnb.errors import SessionError, UnreachableError
from rtnb.server.options import Options
from rtnb.server.web.app import create_app
from rtnb.speech import VoiceLoader, shared_loader

__all__ = ["EmbeddedServer", "serve"]

GRACE_S = 2
"""How long open connections may take to end when the server stops."""

POLL_S = 0.05
"""How often the loading of the voices is looked at; short against the two seconds it takes."""

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Largest client frame: 15 MiB of audio in base64 and the JSON around it fit."""


def _config(options: Options, loader: VoiceLoader, log_level: str) -> tuple[uvicorn.Config, object]:
    app, application = create_app(options, loader)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        # Audio in base64 does not compress on loopback, it only costs time.
        ws_per_message_deflate=False,
        lifespan="off",
        log_level=log_level,
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
    )
    return config, application


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
        self.voices.start()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
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
                application.close()  # type: ignore[attr-defined]
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


def serve(host: str, port: int, options: Options) -> None:
    """Run a server in the foreground until it is interrupted.

    Raises
    ------
    UnreachableError
        The port is taken.
    """
    loader = shared_loader()
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise UnreachableError(
            f"Port {port} of {host} is in use or not allowed ({error.strerror}); choose another with --port."
        ) from None
    loader.start()
    config, application = _config(options, loader, "info")
    try:
        uvicorn.Server(config).run([listening])
    finally:
        application.close()  # type: ignore[attr-defined]
