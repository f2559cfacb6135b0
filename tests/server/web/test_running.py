"""How a server ends: at once, or when its sessions have."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from support.cluster import Cluster, wait_for
from support.wire import Wire
from websockets.exceptions import InvalidStatus

GOING = (1001, "The server is shutting down.")


def stopping(served: Any, drain_s: float) -> threading.Thread:
    """Stop it in a thread, and wait until it turns sessions away."""
    thread = threading.Thread(target=served.server.stop, kwargs={"drain_s": drain_s})
    thread.start()
    wait_for(lambda: served.http("GET", "/readyz").status_code == 503, "it drains")
    return thread


def test_sessions_go_on_and_none_begins_until_the_last_has_ended(serve: Any) -> None:
    served = serve()
    with Wire(served.url) as wire:
        wire.next()
        thread = stopping(served, 600.0)
        with pytest.raises(InvalidStatus) as refused:
            Wire(served.url)
        assert refused.value.response.status_code == 503
        assert refused.value.response.body == b"The server is shutting down.\n"
        # Secrets are still made: other servers honour them.
        assert served.http("POST", "/v1/realtime/client_secrets", json={}).status_code == 200
        wire.say("Good.")
        assert wire.ask({"type": "response.create"}, "response.done")["response"]["status"] == "completed"
    thread.join(20)
    assert not thread.is_alive()


def test_what_is_left_when_the_time_is_up_is_closed(serve: Any) -> None:
    served = serve()
    with Wire(served.url) as wire:
        wire.next()
        thread = threading.Thread(target=served.server.stop, kwargs={"drain_s": 0.3})
        thread.start()
        assert wire.closing() == GOING
        thread.join(20)
        assert not thread.is_alive()


def test_asked_twice_it_ends_at_once(serve: Any) -> None:
    served = serve()
    with Wire(served.url) as wire:
        wire.next()
        thread = stopping(served, 600.0)
        served.server._server.leave()
        assert wire.closing() == GOING
        thread.join(20)
        assert not thread.is_alive()


def test_without_sessions_there_is_nothing_to_wait_for(serve: Any) -> None:
    served = serve()
    served.server.stop(drain_s=600.0)
    assert not served.server._thread.is_alive()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM that can be sent")
def test_the_first_signal_drains_and_the_second_ends_at_once(tmp_path: Path) -> None:
    with Cluster(tmp_path, "--drain-s", "600") as alone, Wire(alone.url) as wire:
        wire.next()
        alone.terminate()
        wait_for(lambda: alone.http("GET", "/readyz").status_code == 503, "it drains")
        wire.say("Good.")
        alone.terminate()
        assert wire.closing() == GOING
        assert alone.process.wait(30) == 0
        assert not alone.ready.exists()
