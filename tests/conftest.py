"""What holds for every test: strict events, no session left open, no thread left behind."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from support.strict import strict_beta_server_event, strict_server_event

os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")

if "RTNB_JOURNAL" not in os.environ:
    # Sessions of tests, and of the processes that they start, keep their journals out of the user's own.
    os.environ["RTNB_JOURNAL"] = tempfile.mkdtemp(prefix="rtnb-journals-")
    atexit.register(shutil.rmtree, os.environ["RTNB_JOURNAL"], ignore_errors=True)

if "RTNB_CACHE" not in os.environ:
    # And probability tracks.
    os.environ["RTNB_CACHE"] = tempfile.mkdtemp(prefix="rtnb-cache-")
    atexit.register(shutil.rmtree, os.environ["RTNB_CACHE"], ignore_errors=True)

# In CI a commit passes or fails whenever it is run; what is new is looked for where somebody can look into it.
settings.register_profile("here", deadline=None)  # a busy machine is no failure
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("RTNB_REQUIRE_ALL") == "1" else "here")


@pytest.fixture(autouse=True)
def strict_events(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every event the embedded server emits in this process is checked against the openai package's types.

    GA events are checked where a session sends them, beta events as they come out of the translation.
    """
    from rtnb.protocol.beta import BetaTranslator
    from rtnb.server.session import ServerSession

    found: list[str] = []
    create, translate = ServerSession.__init__, BetaTranslator.outgoing

    def created(self: ServerSession, *args: Any, send: Callable[[dict[str, Any]], None], **members: Any) -> None:
        def checked(event: dict[str, Any]) -> None:
            found.extend(f"{event.get('type')}: {problem}" for problem in strict_server_event(event))
            send(event)

        create(self, *args, send=checked, **members)

    def translated(self: BetaTranslator, event: dict[str, Any]) -> list[dict[str, Any]]:
        events = translate(self, event)
        for told in events:
            found.extend(f"beta {told.get('type')}: {problem}" for problem in strict_beta_server_event(told))
        return events

    monkeypatch.setattr(ServerSession, "__init__", created)
    monkeypatch.setattr(BetaTranslator, "outgoing", translated)
    yield
    assert not found


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Sessions are closed, and the threads of rtnb end with them."""
    before = set(threading.enumerate())
    yield
    from rtnb.session import close_all, open_sessions

    left = open_sessions()
    close_all()
    assert not left, f"the test left sessions open: {left}"
    # What an earlier test left behind has been told of there.
    names = [thread.name for thread in set(threading.enumerate()) - before if thread.name.startswith("rtnb-")]
    assert "rtnb-client" not in names
    assert "rtnb-journal" not in names, "a journal was not closed"


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    """An embedded server with its voices loaded, shared by the tests that only talk to it."""
    from rtnb.server import EmbeddedServer

    with EmbeddedServer() as running:
        running.wait_warm(lambda done, total, label: None)
        yield running
