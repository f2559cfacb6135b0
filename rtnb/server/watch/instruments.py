"""The metrics of a server: their names, labels and buckets, by the conventions of Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

__all__ = ["LATENCY_S", "Instruments", "Labels"]

LATENCY_S: Final = (
    0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0,
)  # fmt: skip
"""Buckets of latencies, in seconds. Own choice: fine from 0.15 s, where delay begins to be noticed (ITU-T G.114), over
0.2 s, the usual gap between two speakers (Stivers et al., PNAS 2009), to 1.5 s, where people begin to speak again."""

DURATION_S: Final = (0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 300.0)
"""Buckets of the duration of a response or a call. Own choice."""

SESSION_S: Final = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0)
"""Buckets of the length of a session: up to an hour, the longest that there is."""

WAIT_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Buckets of waiting for a thread. Own choice."""

DISTINCT: Final = 64
"""Values of one label that are told apart. Own choice: more than the codes that rtnb and the API have between them."""


class Labels:
    """Keeps a label within bounds: what comes after so many values is ``"other"``.

    Codes of errors can come from a script or a plugin, and each value of a label is a time series for good.

    Examples
    --------
    >>> labels = Labels(most=1)
    >>> labels("invalid_model"), labels("made_up"), labels("invalid_model"), labels(None)
    ('invalid_model', 'other', 'invalid_model', 'none')
    """

    __slots__ = ("_known", "_most")

    def __init__(self, most: int = DISTINCT) -> None:
        self._known: set[str] = set()
        self._most = most

    def __call__(self, value: object) -> str:
        if not isinstance(value, str) or not value:
            return "none"
        if value not in self._known:
            if len(self._known) >= self._most or len(value) > 64 or not value.isascii() or not value.isprintable():
                return "other"
            self._known.add(value)
        return value


class Instruments:
    """All of them, in one registry. Gauges are told how the values of several processes become one.

    Parameters
    ----------
    registry : CollectorRegistry
        Where they are kept.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        from prometheus_client import Counter, Gauge, Histogram

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"rtnb_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str, of_all: Any = "livesum") -> Gauge:
            return Gauge(f"rtnb_{name}", text, labels, registry=registry, multiprocess_mode=of_all)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"rtnb_{name}", text, labels, registry=registry, buckets=buckets)

        self.build = gauge("build_info", "Version of rtnb and of Python; always 1.", "version", "python", of_all="max")
        self.sessions_open = gauge("sessions_open", "Sessions that are open.", "kind")
        self.sessions_opened = counter("sessions_opened_total", "Sessions opened.", "kind", "model", "shape")
        self.sessions_closed = counter(
            "sessions_closed_total",
            "Sessions closed, by the server's close code; 'client' where that went.",
            "kind",
            "code",
        )
        self.session_s = histogram("session_duration_seconds", "Length of sessions.", SESSION_S, "kind")
        self.refusals = counter(
            "refusals_total", "Connections and requests turned away; status 'close' is a close of the socket.",
            "status", "code",
        )  # fmt: skip
        self.events = counter("events_total", "Realtime events.", "direction", "type")
        self.bytes_in = counter("received_bytes_total", "Bytes of client events.")
        self.audio_s = counter("audio_seconds_total", "Seconds of audio taken in and sent.", "direction")
        self.errors = counter("errors_total", "Error events sent to clients.", "code")
        self.responses = counter("responses_total", "Responses that have ended.", "status", "reason")
        self.start_s = histogram(
            "response_start_seconds", "From the end of the turn to response.created.", LATENCY_S, "trigger"
        )
        self.first_output_s = histogram(
            "response_first_output_seconds", "From response.created to the first text, audio or call.", LATENCY_S
        )
        self.first_audio_s = histogram(
            "response_first_audio_seconds", "From response.created to the first audio.", LATENCY_S
        )
        self.turn_first_audio_s = histogram(
            "turn_first_audio_seconds", "From the end of the turn to the first audio.", LATENCY_S, "trigger"
        )
        self.response_s = histogram(
            "response_duration_seconds", "From response.created to response.done.", DURATION_S, "status"
        )
        self.interruption_s = histogram(
            "interruption_seconds", "From speech_started to the end of the response that it cut short.", LATENCY_S
        )
        self.recognition_s = histogram(
            "recognition_seconds", "From the commit of audio to its transcription.", LATENCY_S, "outcome"
        )
        self.tool_calls = counter(
            "tool_calls_total", "Calls of functions and MCP tools, and lists of MCP tools.", "kind", "outcome"
        )
        self.tool_s = histogram("tool_call_duration_seconds", "From a call to its result.", DURATION_S, "kind")
        self.tokens = counter("tokens_total", "Tokens as clients are told.", "purpose", "direction", "modality")
        self.cached_tokens = counter("cached_tokens_total", "Those of the input that count as cached.", "modality")
        self.threads = gauge("worker_threads", "Threads for detection, recognition and synthesis.")
        self.running = gauge("worker_jobs_running", "Units of work that run in them.")
        self.waiting = gauge("worker_jobs_waiting", "Units of work that wait for one of them.")
        self.urgent = gauge("worker_jobs_urgent", "Units of detection that run or wait.")
        self.wait_s = histogram("worker_wait_seconds", "How long a unit of work has waited.", WAIT_S)
        self.outbox_bytes = gauge("outbox_bytes", "Bytes of events that clients have not taken yet.")
        self.outbox_events = gauge("outbox_events", "Events that clients have not taken yet.")
        self.lag_s = gauge("event_loop_lag_seconds", "Greatest delay of the loop in 15 s.", of_all="livemax")
        self.voices_ready = gauge("voices_ready", "Whether the voices are loaded.", of_all="livemin")
        self.draining = gauge("draining", "Whether the server ends once its answers are out.", of_all="livemax")
        self.processes = gauge("processes", "Processes of the server.")
