"""Real servers on real sockets, with voices that load at once and watchers that look at them."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from rtnb.server import EmbeddedServer, Options
from rtnb.speech import SilentEar, ToneVoice, VoiceLoader, VoiceStack
from rtnb.vad import load_engine

Start = Callable[..., "Watched"]


class Watched:
    """A running server, and what it tells."""

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self.url = server.url
        self.root = server.url.replace("ws://", "http://").removesuffix("/v1/realtime")

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.root + path, headers=headers, timeout=20, trust_env=False)

    def samples(self) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
        answer = self.get("/metrics")
        assert answer.status_code == 200, answer.text
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def value(self, name: str, **labels: str) -> float:
        return self.samples().get((name, tuple(sorted(labels.items()))), 0.0)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where a configured log goes; the logging of the process is as before afterwards."""
    names = ("", "rtnb", "uvicorn", "uvicorn.error", "uvicorn.access")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger, logger.level, list(logger.handlers), logger.propagate) for logger in loggers]
    yield io.StringIO()
    for logger, level, handlers, propagate in before:
        logger.setLevel(level)
        logger.handlers[:], logger.propagate = handlers, propagate


@pytest.fixture
def watched() -> Iterator[Start]:
    """Starts servers that end with the test; without `api_key` they let in any key."""
    with ExitStack() as stack:

        def start(*, voices: VoiceLoader | None = None, **options: Any) -> Watched:
            server = EmbeddedServer()
            server._options = Options(**options)
            server.voices = voices or VoiceLoader(
                lambda progress: VoiceStack(SilentEar(), ToneVoice(), load_engine("energy"))
            )
            return Watched(stack.enter_context(server))

        yield start
