"""Counts what a server does, for Prometheus. The hot path is a few additions; the registry is brought up to date when
it is asked, and every half second."""

from __future__ import annotations

import asyncio
import functools
import os
import platform
import time
import weakref
from collections import Counter as Tally
from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from rtnb.errors import MissingExtraError
from rtnb.protocol import Problem
from rtnb.protocol.catalogue import catalogue
from rtnb.server.watch.instruments import Instruments, Labels
from rtnb.server.watch.lag import LoopLag
from rtnb.server.watch.sources import Sources
from rtnb.server.watch.timeline import Answer, Moment, Recognition, Timeline
from rtnb.server.watching import Facts, Watch, Watcher

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["INSTALL", "Metrics", "metrics_available"]

INSTALL: Final = "Metrics need the package prometheus-client: install it with pip install 'rtnb[serve]'."

MODALITIES: Final = ("text", "audio", "image")

APPEND: Final = "input_audio_buffer.append"


def metrics_available() -> bool:
    """Whether the package that metrics need is installed."""
    from importlib.util import find_spec

    return find_spec("prometheus_client") is not None


class Metrics(Watcher):
    """Counts, and tells Prometheus. Each has a registry of its own, so that two servers in one process are two.

    Where ``PROMETHEUS_MULTIPROC_DIR`` is set, several processes share their values in that folder, and each tells
    the sum of all.

    Parameters
    ----------
    open : bool
        Whether ``/metrics`` is told without the server's key.

    Examples
    --------
    >>> metrics = Metrics()
    >>> metrics.start()
    >>> b"rtnb_build_info" in metrics.exposition("")[0]
    True
    """

    def __init__(self, *, open: bool = False) -> None:
        self.open = open
        self._instruments: Instruments | None = None
        self._sources: list[Sources] = []
        self._lags: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LoopLag] = weakref.WeakKeyDictionary()
        self._known_in = frozenset(catalogue().client_events)
        self._known_models = frozenset(catalogue().realtime_models)
        self._error_codes, self._refusal_codes, self._reasons = Labels(), Labels(), Labels()
        self.received: Tally[str] = Tally()
        self.sent: Tally[str] = Tally()
        self.bytes_in = 0
        self.audio_in_s = 0.0
        self._told: dict[tuple[str, str], float] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        # Another process counts anew.
        return functools.partial(Metrics, open=self.open), ()

    def start(self) -> None:
        """Make the registry; more than once does nothing.

        Raises
        ------
        MissingExtraError
            The package that it takes is not installed.
        """
        if self._instruments is not None:
            return
        if not metrics_available():
            raise MissingExtraError(INSTALL)
        from prometheus_client import CollectorRegistry, ProcessCollector, values

        self._registry = CollectorRegistry()
        self._shared = bool(getattr(values.ValueClass, "_multiprocess", False))
        if not self._shared:
            ProcessCollector(registry=self._registry)
        self._instruments = made = Instruments(self._registry)
        made.build.labels(version("rtnb"), platform.python_version()).set(1)
        made.processes.set(1)

    @property
    def instruments(self) -> Instruments:
        """What is counted; :meth:`start` has been called."""
        self.start()
        assert self._instruments is not None
        return self._instruments

    def attach(self, sources: Sources) -> None:
        """A server begins, whose state is to be told."""
        self.start()
        self._sources.append(sources)
        sources.workers.waited = self.instruments.wait_s.observe

    def detach(self, sources: Sources) -> None:
        """It has ended."""
        if sources in self._sources:
            self._sources.remove(sources)
        sources.workers.waited = None
        if not self._sources:
            for lag in list(self._lags.values()):
                lag.stop()
        if self._instruments is not None:
            self.refresh()

    # Watcher

    def opened(self, facts: Facts) -> Watch:
        """A session begins."""
        self.look()
        opening = facts.opening
        model = opening.model if opening.model in self._known_models else ("other" if opening.model else "none")
        shape = "beta" if opening.beta else "ga"
        self.instruments.sessions_opened.labels(opening.kind, model, shape).inc()
        self.instruments.sessions_open.labels(opening.kind).inc()
        return _Counting(self, opening.kind)

    def refused(self, problem: Problem, *, status: int | None = None) -> None:
        """A connection or request was turned away."""
        code = self._refusal_codes(problem.code or problem.type)
        self.instruments.refusals.labels("close" if status is None else str(status), code).inc()

    # What sessions tell

    def closed(self, kind: str, code: int | None, lasted_s: float) -> None:
        """A session is over."""
        made = self.instruments
        made.sessions_open.labels(kind).dec()
        made.sessions_closed.labels(kind, "client" if code is None else str(code)).inc()
        made.session_s.labels(kind).observe(lasted_s)

    def known(self, kind: object) -> str:
        """The type of a client event, if it is one."""
        return kind if isinstance(kind, str) and kind in self._known_in else "unknown"

    def failed(self, error: Mapping[str, Any]) -> None:
        """A client was sent an ``error`` event."""
        self.instruments.errors.labels(self._error_codes(error.get("code") or error.get("type"))).inc()

    def told(self, moment: Moment) -> None:
        """Something has come to its end."""
        made = self.instruments
        if isinstance(moment, Answer):
            self._answered(moment)
        elif isinstance(moment, Recognition):
            if moment.took_s is not None:
                made.recognition_s.labels(moment.outcome).observe(moment.took_s)
            if moment.usage and moment.usage.get("type") == "tokens":
                self._used("transcription", moment.usage)
        else:
            made.tool_calls.labels(moment.kind, moment.outcome).inc()
            if moment.took_s is not None:
                made.tool_s.labels(moment.kind).observe(moment.took_s)

    def _answered(self, answer: Answer) -> None:
        made = self.instruments
        made.responses.labels(answer.status, self._reasons(answer.reason)).inc()
        if answer.start_s is not None:
            made.start_s.labels(answer.trigger).observe(answer.start_s)
        if answer.first_output_s is not None:
            made.first_output_s.observe(answer.first_output_s)
        if answer.first_audio_s is not None:
            made.first_audio_s.observe(answer.first_audio_s)
        if answer.turn_first_audio_s is not None:
            made.turn_first_audio_s.labels(answer.trigger).observe(answer.turn_first_audio_s)
        if answer.interrupted_s is not None:
            made.interruption_s.observe(answer.interrupted_s)
        made.response_s.labels(answer.status).observe(answer.duration_s)
        made.audio_s.labels("out").inc(answer.audio_s)
        if answer.usage:
            self._used("response", answer.usage)

    def _used(self, purpose: str, usage: Mapping[str, Any]) -> None:
        for direction in ("input", "output"):
            whole = usage.get(f"{direction}_tokens") or 0
            details = usage.get(f"{direction}_token_details") or {}
            for modality in MODALITIES:
                if count := details.get(f"{modality}_tokens"):
                    self.instruments.tokens.labels(purpose, direction, modality).inc(count)
                    whole -= count
            if whole > 0:
                # What the usage does not take apart is text.
                self.instruments.tokens.labels(purpose, direction, "text").inc(whole)
        cached = (usage.get("input_token_details") or {}).get("cached_tokens_details") or {}
        for modality in MODALITIES:
            if count := cached.get(f"{modality}_tokens"):
                self.instruments.cached_tokens.labels(modality).inc(count)

    # Telling

    def look(self) -> None:
        """Begin to look at the event loop that runs here, unless that was done."""
        loop = asyncio.get_running_loop()
        if loop not in self._lags:
            self._lags[loop] = LoopLag(self.refresh)
            self._lags[loop].start(loop)

    def refresh(self) -> None:
        """Bring the registry up to date."""
        made = self.instruments
        for direction, tally in (("in", self.received), ("out", self.sent)):
            for kind, count in tuple(tally.items()):
                self._up_to(made.events.labels(direction, kind), (direction, kind), count)
        self._up_to(made.bytes_in, ("bytes", "in"), self.bytes_in)
        self._up_to(made.audio_s.labels("in"), ("audio", "in"), self.audio_in_s)
        depths = [source.workers.depth() for source in self._sources]
        made.threads.set(sum(depth.threads for depth in depths))
        made.running.set(sum(depth.running for depth in depths))
        made.waiting.set(sum(depth.waiting for depth in depths))
        made.urgent.set(sum(depth.urgent for depth in depths))
        waiting = [source.unsent() for source in self._sources]
        made.outbox_bytes.set(sum(size for size, _ in waiting))
        made.outbox_events.set(sum(count for _, count in waiting))
        made.voices_ready.set(int(all(source.voices_ready() for source in self._sources)))
        made.draining.set(int(any(source.draining() for source in self._sources)))
        made.lag_s.set(max((lag.worst_s for lag in list(self._lags.values())), default=0.0))

    def _up_to(self, counter: Any, key: tuple[str, str], count: float) -> None:
        before = self._told.get(key, 0.0)
        if count > before:
            counter.inc(count - before)
            self._told[key] = count

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """What Prometheus is told, and its content type; takes milliseconds, and may run in a thread.

        Parameters
        ----------
        accept : str
            The header of that name.
        """
        self.start()
        from prometheus_client.exposition import choose_encoder

        encode, content_type = choose_encoder(accept)
        return encode(self._collected()), content_type

    def _collected(self) -> CollectorRegistry:
        if not self._shared or not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            return self._registry
        from prometheus_client import CollectorRegistry
        from prometheus_client.multiprocess import MultiProcessCollector

        together = CollectorRegistry()
        MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        return together


class _Counting(Watch):
    """Counts one session."""

    __slots__ = ("_begun_s", "_kind", "_metrics", "_received", "_sent", "_timeline")

    def __init__(self, metrics: Metrics, kind: str) -> None:
        self._metrics = metrics
        self._kind = kind
        self._timeline = Timeline()
        self._begun_s = time.perf_counter()
        self._received, self._sent = metrics.received, metrics.sent

    def received(self, event: object, size_bytes: int) -> None:
        metrics = self._metrics
        metrics.bytes_in += size_bytes
        if not isinstance(event, dict):
            self._received["unknown"] += 1
            return
        kind = event.get("type")
        if kind == APPEND:
            self._received[APPEND] += 1
            audio = event.get("audio")
            if isinstance(audio, str):
                metrics.audio_in_s += len(audio) * self._timeline.input_seconds_a_character
            return
        self._received[metrics.known(kind)] += 1
        self._timeline.received(event)

    def sent(self, event: Mapping[str, Any]) -> None:
        kind = event["type"]
        self._sent[kind] += 1
        moment = self._timeline.sent(event)
        if moment is not None:
            self._metrics.told(moment)
        elif kind == "error":
            self._metrics.failed(event["error"])

    def closed(self, code: int | None, reason: str) -> None:
        self._metrics.closed(self._kind, code, time.perf_counter() - self._begun_s)
