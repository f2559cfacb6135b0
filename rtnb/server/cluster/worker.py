"""A server that does not listen: it is handed its connections."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from rtnb.server.cluster.channel import Orders, Report, Upward
from rtnb.server.cluster.folder import MetricsFolder
from rtnb.server.options import Options
from rtnb.server.web.limits import PartOfLimits
from rtnb.server.web.running import Host, warm_up
from rtnb.speech import VoiceLoader

__all__ = ["run_worker"]

log = logging.getLogger("rtnb.server.cluster")

AGAIN_S = 0.05
"""How long a report waits for a supervisor that does not read."""

LOST_AGAIN_S = 60.0
"""How often it is logged that connections are lost: a flood of them is not to become one of lines."""


class _Fed(Host):
    """Takes connections from a supervisor, tells it how many there are, and ends when told so or left alone."""

    def __init__(self, options: Options, loader: VoiceLoader, upward: Upward, *, beat_s: float) -> None:
        super().__init__(options, loader, log_level="warning")
        self._loader = loader
        self._upward = upward
        self._beat_s = beat_s
        self.orphaned = False
        """Whether the supervisor is gone."""
        self._adopted = self._lost = 0
        self._lost_told_s: float | None = None
        self._again: asyncio.TimerHandle | None = None
        self._leaving = False
        self._due = False
        self._arriving: set[asyncio.Task[None]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to take connections."""
        await self.lifespan.startup()
        self.servers = []
        self.started = True
        loop = asyncio.get_running_loop()
        self.house.changed = self._change
        self._loader.add_done_callback(lambda _: _safely(loop, self._change))
        loop.add_reader(self._upward.socket, self._take_orders)
        self._beat(loop)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more, and end what there is."""
        self._leaving = True
        self._tell()
        asyncio.get_running_loop().remove_reader(self._upward.socket)
        await super().shutdown(sockets)

    def drain(self) -> None:
        """Let no session begin from now on."""
        super().drain()
        self._change()

    async def on_tick(self, counter: int) -> bool:
        """Whether it is time to end. Told by a signal of its own, it drains, and others get what is new."""
        if self._asked.is_set() and not self._leaving:
            self._leaving = True
            self._change()
        return await super().on_tick(counter)

    def _take_orders(self) -> None:
        try:
            orders = self._upward.orders()
        except EOFError:
            # Nobody can reach it any more.
            self.orphaned = True
            asyncio.get_running_loop().remove_reader(self._upward.socket)
            self.should_exit = True
            return
        for order, descriptor in orders:
            if order == "connection":
                self._welcome(descriptor)
            elif order == "drain":
                self.drain()
            else:
                self.should_exit = True

    def _welcome(self, descriptor: int | None) -> None:
        if descriptor is None:
            self._lost += 1
            self._arrived()
            self._tell_lost()
            return
        try:
            connection = socket.socket(fileno=descriptor)
        except OSError:
            # Some systems tell nothing of a socket whose client is gone.
            os.close(descriptor)
            self._arrived()
            return
        task = asyncio.create_task(self._adopt(connection))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    def _tell_lost(self) -> None:
        now_s = time.monotonic()
        if self._lost_told_s is None or now_s - self._lost_told_s >= LOST_AGAIN_S:
            self._lost_told_s = now_s
            log.warning(
                "This worker may open no more descriptors, and connections are lost: raise its limit (ulimit -n), "
                "or start more workers.",
                extra={"fields": {"lost": self._lost}},
            )

    async def _adopt(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()

        def make() -> asyncio.Protocol:
            kind: Callable[..., asyncio.Protocol] = self.config.http_protocol_class
            state = self.lifespan.state
            return kind(config=self.config, server_state=self.server_state, app_state=state, _loop=loop)

        try:
            connection.setblocking(False)
            # asyncio does so only where the system tells the protocol of a descriptor, which macOS does not.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await loop.connect_accepted_socket(make, connection)
        except OSError:
            # The client is gone.
            connection.close()
        self._arrived()

    def _arrived(self) -> None:
        self._adopted += 1
        self._change()

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell how it is also when nothing changes: this loop still turns, up to its end."""
        self._change()
        loop.call_later(self._beat_s, self._beat, loop)

    def _change(self) -> None:
        """Tell soon; whatever else changes until then is told with it."""
        if not self._due:
            self._due = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._due = False
        traffic = self.traffic
        report = Report(
            ready=True,
            leaving=self._leaving,
            adopted=self._adopted,
            lost=self._lost,
            sessions=traffic.sessions,
            fresh=traffic.fresh,
            others=traffic.others,
            missing=_missing(self._loader) if self._loader.ready.is_set() else None,
        )
        if self._again is not None:
            self._again.cancel()
        self._upward.report(report, self._tell_again)

    def _tell_again(self) -> None:
        self._again = asyncio.get_running_loop().call_later(AGAIN_S, self._change)


def run_worker(options: Options, loader: VoiceLoader, channel: socket.socket) -> None:
    """Serve what comes over `channel` until the supervisor says so, or is gone, or a signal comes.

    Parameters
    ----------
    options : Options
        Of the whole server; the worker's part of its limits is made here.
    loader : VoiceLoader
        Of its voices.
    channel : socket.socket
        The worker's end of the pair.
    """
    try:
        orders = Orders.receive(channel)
    except (EOFError, OSError):
        return
    warm_up(loader)
    folder = MetricsFolder(orders.folder) if orders.folder is not None else None
    host = _Fed(_parted(options, orders), loader, Upward(channel), beat_s=orders.beat_s)
    try:
        host.run()
    finally:
        # Nothing is said any more, and it is not to be taken for one that hangs.
        channel.close()
        host.application.close()
        if folder is not None and host.orphaned:
            folder.leave()


def _parted(options: Options, orders: Orders) -> Options:
    limits = options.limits
    if orders.sessions is not None:
        limits = PartOfLimits.of(limits, sessions=orders.sessions, of=orders.all_sessions)
    if orders.connections is not None:
        limits = replace(limits, connections=orders.connections)
    return replace(options, limits=limits, secret_keys=options.secret_keys or orders.secret_keys)


def _missing(loader: VoiceLoader) -> tuple[str, ...]:
    try:
        return loader.result().missing
    except Exception as error:
        # Whatever broke the loading: clients are told where they need the voices.
        return (f"The voice models could not be loaded: {' '.join(str(error).split())}",)


def _safely(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(call)
