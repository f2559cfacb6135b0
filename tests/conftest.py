"""What holds for every test: strict events, no session left open, no thread left behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from support.strict import strict_server_event

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")


@pytest.fixture(autouse=True)
def strict_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every event the embedded server emits in this process is checked against the openai package's types."""
    from rtnb.server.web import outbox

    found: list[str] = []
    encode = outbox.encode

    def checked(event: dict[str, object]) -> str:
        found.extend(f"{event.get('type')}: {problem}" for problem in strict_server_event(event))
        return encode(event)

    monkeypatch.setattr(outbox, "encode", checked)
    yield
    assert not found


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Sessions are closed, and the threads of rtnb end with them."""
    yield
    from rtnb.session import close_all, open_sessions

    left = open_sessions()
    close_all()
    assert not left, f"the test left sessions open: {left}"
    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("rtnb-")]
    assert "rtnb-client" not in names


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    """An embedded server with its voices loaded, shared by the tests that only talk to it."""
    from rtnb.server import EmbeddedServer

    with EmbeddedServer() as running:
        running.wait_warm(lambda done, total, label: None)
        yield running
