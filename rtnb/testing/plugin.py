"""The pytest plugin: the fixture ``rtnb_server``, a realtime voice model for tests of what talks to one.

pytest imports this in every run, of whatever project: nothing else is imported before the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rtnb.testing.server import RtnbServer

__all__: list[str] = []

_SERVERS = pytest.StashKey["list[RtnbServer]"]()
_LONGEST = 30_000
"""Characters of a report that a failure is given."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--rtnb-keep`` and ``rtnb_scenario``."""
    group = parser.getgroup("rtnb", "a realtime voice model for tests (rtnb)")
    group.addoption(
        "--rtnb-keep",
        metavar="DIR",
        default=None,
        help="of tests that fail, write the sessions with rtnb_server to this folder: JSON lines, which rtnb.replay "
        "opens, and what was heard and said as WAV",
    )
    parser.addini("rtnb_scenario", "scenario that rtnb_server plays where a test names none, from the root folder")


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line(
        "markers",
        "rtnb(scenario=None, brain=None, faults=None, voice='auto', **options): what rtnb_server plays; see "
        "rtnb.testing.RtnbServer",
    )


@pytest.fixture
def rtnb_server_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., RtnbServer]]:
    """``rtnb_server_factory(scenario, ...)`` starts a server as :class:`rtnb.testing.RtnbServer` takes it; all of
    them end with the test."""
    servers: list[RtnbServer] = request.node.stash.setdefault(_SERVERS, [])

    def start(*given: Any, **options: Any) -> RtnbServer:
        from rtnb.errors import ConfigError
        from rtnb.testing.server import RtnbServer

        try:
            server = RtnbServer(*given, **{"folder": request.path.parent, **options}).start()
        except ConfigError as error:
            # One sentence says it all; a traceback through rtnb says less.
            pytest.fail(f"rtnb_server: {error}", pytrace=False)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def rtnb_server(request: pytest.FixtureRequest, rtnb_server_factory: Callable[..., RtnbServer]) -> RtnbServer:
    """A realtime server on loopback, which plays the model's part: see :class:`rtnb.testing.RtnbServer`."""
    given: dict[str, Any] = {}
    args: tuple[Any, ...] = ()
    # The nearest mark goes before that of the class or module.
    for mark in reversed(list(request.node.iter_markers("rtnb"))):
        args = mark.args or args
        given |= mark.kwargs
    if not args and not {"scenario", "brain"} & set(given) and (default := request.config.getini("rtnb_scenario")):
        given["scenario"] = request.config.rootpath / default
    return rtnb_server_factory(*args, **given)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """What happened on the line goes with a failure's report."""
    report: pytest.TestReport = yield
    servers = item.stash.get(_SERVERS, [])
    if servers and report.failed and report.when in ("setup", "call"):
        for server in servers:
            report.sections.append(("rtnb_server", server.report()[-_LONGEST:]))
        if (folder := item.config.getoption("--rtnb-keep")) is not None:
            name = "".join(each if each.isalnum() or each in "-_" else "_" for each in item.nodeid)[-120:]
            kept = [path for server in servers for path in server.save(Path(folder) / name)]
            report.sections.append(("rtnb_server recordings", "\n".join(map(str, kept))))
    return report
