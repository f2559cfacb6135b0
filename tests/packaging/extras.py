"""What each extra is for, tried in an environment: one line of JSON with a verdict an extra.

Runs in an environment with rtnb alone or with some of its extras; the verdict is "there", or what rtnb says to do.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from collections.abc import Callable

import numpy as np

import rtnb
from rtnb.errors import MissingExtraError

THERE = "there"


def tokens() -> str:
    from rtnb.tokens import count_text, counts_exactly

    assert count_text("Hello, world!") > 0
    return THERE if counts_exactly() else "rtnb[tokens] (estimated without)"


def vad() -> str:
    track = rtnb.vad.probabilities(rtnb.sample("weather_question"), engine="earshot", cache=False)
    assert track.p.max() > 0.5
    return THERE


def local() -> str:
    from rtnb.testing.hearing import recognised, spoken

    words = recognised(spoken("What is the weather in Paris?"))
    assert "weather in Paris" in words, words
    return THERE


def base() -> str:
    from rtnb.speech.whisper import MANY, Whisper

    Whisper(MANY).transcribe(np.zeros(16000, dtype=np.float32), language="fr")
    return THERE


def mcp() -> str:
    """As a session meets it: the list of tools fails, and the server's log says why."""
    told: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append(record.getMessage())

    logging.getLogger("rtnb.server").addHandler(Kept())
    nobody = rtnb.Mcp("nobody", url="http://127.0.0.1:9/mcp")
    with rtnb.connect(modalities=["text"], tools=[nobody]) as s:
        s.ask("Hello.", show=False)
    (line,) = [line for line in told if "MCP server 'nobody'" in line]
    return line if "rtnb[" in line else THERE


def serve() -> str:
    from rtnb.server.watch import watchers_for

    watchers_for(metrics="on", log_level="info")
    return THERE


def dask() -> str:
    from rtnb.vad.sweeps.executors import borrowed

    try:
        with borrowed("tcp://127.0.0.1:9"):
            raise AssertionError
    except MissingExtraError:
        raise
    except rtnb.errors.RtnbError:
        # Nobody is there to answer, which only Dask can find out.
        return THERE


def lab() -> str:
    return THERE if importlib.util.find_spec("jupyterlab") else "rtnb[lab]"


CHECKS: dict[str, Callable[[], str]] = {
    check.__name__: check for check in (tokens, vad, local, base, mcp, serve, dask, lab)
}


def main() -> None:
    verdicts = {}
    for name in sys.argv[1:] or CHECKS:
        try:
            verdicts[name] = CHECKS[name]()
        except MissingExtraError as error:
            verdicts[name] = str(error)
    print(json.dumps(verdicts))


if __name__ == "__main__":
    main()
