"""uvicorn as rtnb runs it: how it is set up, and how it ends, at once or when its sessions have."""

from __future__ import annotations

import contextlib
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn

from rtnb.server.options import Options
from rtnb.server.watch.logs import uvicorn_log_config
from rtnb.server.web.app import Application, create_app
from rtnb.server.web.transport import (
    HEAD_BYTES,
    PING_S,
    PONG_S,
    House,
    HouseConfig,
    QuietLog,
    SocketProtocol,
    Traffic,
    guarded_http,
    traffic_of,
)
from rtnb.speech import VoiceLoader
from rtnb.tokens import count_text

__all__ = ["GRACE_S", "HANGUP", "Host", "end_signals", "warm_up"]

HANGUP: signal.Signals | None = getattr(signal, "SIGHUP", None)
"""Tells that the terminal is gone; Windows has none."""

GRACE_S = 2
"""How long open connections may take to end when the server stops."""

MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Largest client frame: 15 MiB of audio in base64 and the JSON around it fit. A larger one closes with 1009."""


class Host(uvicorn.Server):
    """The server of some options, to be run in an event loop.

    The first signal to end begins its draining, where it has time for that: sessions go on until they end, new ones
    are turned away with HTTP status 503, and so are balancers that ask for its health. When no session is left, or
    the time is up, or at another signal, it closes what is left and ends.

    Parameters
    ----------
    options : Options
        Of the server.
    loader : VoiceLoader
        Of its voices.
    log_level : str
        uvicorn's own.
    ready : callable, optional
        Called when connections are accepted.
    """

    def __init__(
        self, options: Options, loader: VoiceLoader, *, log_level: str, ready: Callable[[], None] | None = None
    ) -> None:
        self.house = House()
        config, self.application = _config(options, loader, log_level, self.house)
        super().__init__(config)
        self.house.refused = self.application.refused
        self._ready = ready
        self._brain = options.brain
        self._drain_s = options.drain_s
        self._leave_s: float | None = None
        """When draining is over, once it has begun."""
        self._asked = threading.Event()

    @property
    def traffic(self) -> Traffic:
        """What is open; to be asked on the loop."""
        return traffic_of(self.server_state.connections)

    def leave(self, drain_s: float | None = None) -> None:
        """End, when the sessions have ended or `drain_s` is over (the time of the options by default); any thread."""
        if drain_s is not None:
            self._drain_s = drain_s
        if self._drain_s > 0 and not self._asked.is_set():
            self._asked.set()
        else:
            self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then says so."""
        await super().startup(sockets)
        if self._ready is not None:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to end; asked ten times a second."""
        over = await super().on_tick(counter)
        if self._asked.is_set() and self._leave_s is None:
            self._leave_s = time.monotonic() + self._drain_s
            self.drain()
        return over or (self._leave_s is not None and (not self.traffic.sessions or time.monotonic() >= self._leave_s))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then what the brain holds open is closed."""
        from rtnb.server.brains.closing import close_brain

        await super().shutdown(sockets)
        await close_brain(self._brain)

    def drain(self) -> None:
        """Let no session begin from now on; on the loop."""
        self.house.draining = True
        self.application.drain()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, and SIGHUP beside, unless it is to be ignored (``nohup``)."""
        here = threading.current_thread() is threading.main_thread()
        before = {each: signal.signal(each, self.handle_exit) for each in end_signals() if here and each == HANGUP}
        try:
            with super().capture_signals():
                yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came: the first asks for a good end, another one for a quick one."""
        # The end of its terminal is no other end than SIGTERM for whoever is told behind us.
        self._captured_signals.append(signal.SIGTERM if sig == HANGUP else sig)
        if self.should_exit and sig == signal.SIGINT:
            self.force_exit = True
        else:
            self.leave()


def end_signals() -> tuple[signal.Signals, ...]:
    """Those that end a server in good order; SIGHUP unless it is to be ignored (``nohup``).

    Examples
    --------
    >>> signal.SIGTERM in end_signals()
    True
    """
    known = (signal.SIGTERM, signal.SIGINT)
    if HANGUP is None or signal.getsignal(HANGUP) == signal.SIG_IGN:
        return known
    return (*known, HANGUP)


def warm_up(loader: VoiceLoader) -> None:
    """Load beside the start what the first session would else wait for: the voices, and the tokenizer (0.1 s)."""
    loader.start()
    threading.Thread(target=count_text, args=("warm",), name="rtnb-tokens", daemon=True).start()


def _config(options: Options, loader: VoiceLoader, log_level: str, house: House) -> tuple[uvicorn.Config, Application]:
    app, application = create_app(options, loader)
    limits = options.limits
    config = HouseConfig(
        app,
        house=house,
        http=guarded_http(connections=limits.connections, handshake_s=limits.handshake_s),
        ws=SocketProtocol,
        h11_max_incomplete_event_size=HEAD_BYTES,
        ws_max_size=MAX_FRAME_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        # Audio in base64 does not compress on loopback, it only costs time.
        ws_per_message_deflate=False,
        lifespan="off",
        log_config=uvicorn_log_config(),
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
