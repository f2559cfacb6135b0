"""The server inside this process: a free loopback port, a loop thread of its own, a random key."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from rtnb.errors import ConfigError, SessionError, UnreachableError
from rtnb.server.cluster import Supervisor, in_worker, run_worker
from rtnb.server.cluster.channel import inherited
from rtnb.server.cluster.door import BACKLOG
from rtnb.server.cluster.supervisor import MOST_WORKERS
from rtnb.server.faults import Injector
from rtnb.server.options import Options
from rtnb.server.web.limits import sessions_at_once
from rtnb.server.web.running import GRACE_S, Host, end_signals, warm_up
from rtnb.server.web.secrets import checked_keys
from rtnb.speech import VoiceLoader, shared_loader

__all__ = ["EmbeddedServer", "is_loopback", "serve"]

POLL_S = 0.05
"""How often the loading of the voices is looked at; short against the two seconds it takes."""


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
        self._options = options = replace(options, faults=Injector.of(options.faults))
        self.voices = shared_loader(ear=options.ear, tts=options.tts)
        # With the protocol's number, without which asyncio leaves TCP_NODELAY off: small events would wait 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._server: Host | None = None
        self._thread: threading.Thread | None = None

    @property
    def faults(self) -> Injector:
        """Failures on purpose: more can be added while it runs."""
        return Injector.of(self._options.faults)

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
        warm_up(self.voices)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(BACKLOG)
        self._server = server = Host(self._options, self.voices, log_level="error")
        ready = threading.Event()

        def run() -> None:
            loop = asyncio.new_event_loop()
            loop.call_soon(ready.set)
            try:
                loop.run_until_complete(server.serve([self._socket]))
                loop.run_until_complete(loop.shutdown_default_executor())
            finally:
                loop.close()
                server.application.close()
                ready.set()

        self._thread = threading.Thread(target=run, name="rtnb-server", daemon=True)
        self._thread.start()
        if not ready.wait(10) or not self._thread.is_alive():
            raise SessionError("The embedded server did not start.")
        return self

    def stop(self, *, drain_s: float = 0.0) -> None:
        """End all connections and the thread.

        Parameters
        ----------
        drain_s : float
            Sessions that are open may go on for so long before they are closed; none begins meanwhile.
        """
        if self._server is not None and self._thread is not None:
            self._server.leave(drain_s)
            self._thread.join(drain_s + GRACE_S + 5)
        self._socket.close()

    def __enter__(self) -> EmbeddedServer:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()


def serve(
    host: str,
    port: int,
    options: Options,
    *,
    ready: Callable[[str], None] | None = None,
    missing: Callable[[str], None] | None = None,
    workers: int = 1,
    command: Sequence[str] = (),
    tell: Callable[[str], None] | None = None,
) -> None:
    """Run a server in the foreground until it is interrupted or told to end (SIGTERM, SIGHUP).

    At the first of these signals sessions may go on for ``options.drain_s``; at the second it ends at once.

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
    workers : int
        How many processes share the sessions; several need a Unix system.
    command : sequence of str
        What a worker runs, such as the command line of this process: a program that calls this function with the same
        options. It then finds itself a worker (:func:`~rtnb.server.cluster.in_worker`), and takes its connections
        from this process.
    tell : callable, optional
        Takes a sentence each time that a worker has died, or was killed because it hung, and is replaced.

    Raises
    ------
    ConfigError
        Other machines are to be let in, and no key is set; or there cannot be so many workers.
    SessionError
        A worker ends before it is ready.
    UnreachableError
        The port is taken, or there is no such address.
    """
    if not is_loopback(host):
        if not options.api_key:
            raise ConfigError(
                f"Listening on {host} lets other machines in: set a key that they must present, with --api-key or in "
                "RTNB_API_KEY."
            )
        options = replace(options, hosts=(*options.hosts, _bracketed(host)))
    loader = shared_loader(ear=options.ear, tts=options.tts)
    if in_worker():
        _until_ended(lambda: run_worker(options, loader, inherited()))
        return
    sessions_at_once(options.limits)
    checked_keys(options.secret_keys)
    if workers != 1:
        _check_workers(workers, command)
    listening = _listening(host, port)

    def started() -> None:
        if ready is not None:
            ready(f"ws://{_bracketed(host)}:{listening.getsockname()[1]}/v1/realtime")
        if missing is not None and workers == 1:
            threading.Thread(target=_tell_missing, args=(loader, missing), name="rtnb-missing", daemon=True).start()

    with listening:
        if workers > 1:
            Supervisor(
                listening, options, workers=workers, command=command, ready=started, missing=missing, tell=tell
            ).run()
            return
        warm_up(loader)
        server = Host(options, loader, log_level="warning", ready=started)
        try:
            _until_ended(lambda: server.run([listening]))
        finally:
            server.application.close()


def _check_workers(workers: int, command: Sequence[str]) -> None:
    if not 1 <= workers <= MOST_WORKERS:
        raise ConfigError(f"There may be 1 to {MOST_WORKERS} workers, not {workers}.")
    if not hasattr(socket, "send_fds"):
        raise ConfigError(
            "Several workers need Linux or macOS, where processes can hand each other connections. Start several "
            "servers on ports of their own behind a balancer, with the same RTNB_SECRET_KEYS."
        )
    if not command:
        raise ConfigError("Several workers need a command that each of them runs: see rtnb.server.serve.")


def _until_ended(run: Callable[[], None]) -> None:
    """Run a server; SIGTERM is a normal end, and so is SIGHUP."""

    def end(number: int, frame: object) -> None:
        raise SystemExit(0)

    here = threading.current_thread() is threading.main_thread()
    # uvicorn ends gracefully at a signal, then raises it again for the handler of before: for this one.
    before = {each: signal.signal(each, end) for each in end_signals() if here and each != signal.SIGINT}
    try:
        run()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _tell_missing(loader: VoiceLoader, tell: Callable[[str], None]) -> None:
    try:
        sentences = loader.result().missing
    except Exception as error:
        # Whatever broke the loading: clients are told where they need the voices.
        sentences = (f"The voice models could not be loaded: {' '.join(str(error).split())}",)
    for sentence in sentences:
        tell(sentence)


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone.

    Examples
    --------
    >>> is_loopback("[::1]"), is_loopback("0.0.0.0")
    (True, False)
    """
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
