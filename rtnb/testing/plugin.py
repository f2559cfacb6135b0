"""The pytest plugin: the fixture ``rtnb_server``, a realtime voice model for tests of what talks to one.

pytest imports this in every run, of whatever project: nothing else is imported before the fixture is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rtnb.testing.server import RtnbServer

__all__: list[str] = []

_PLAYED = frozenset({"scenario", "brain"})
_SERVERS = pytest.StashKey["list[RtnbServer]"]()


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
    """The marker; and whether there can be recordings is told before the first test."""
    folder = config.getoption("--rtnb-keep")
    if folder is not None:
        from rtnb.testing.keeping import folder_problem

        if (problem := folder_problem(folder)) is not None:
            raise pytest.UsageError(f"--rtnb-keep: nothing can be written to the folder '{folder}': {problem}.")
    config.addinivalue_line(
        "markers",
        "rtnb(scenario=None, brain=None, faults=None, voice='auto', **settings): what rtnb_server plays; see "
        "rtnb.testing.RtnbServer",
    )


@pytest.fixture
def rtnb_server_factory(request: pytest.FixtureRequest) -> Iterator[Callable[..., RtnbServer]]:
    """``rtnb_server_factory(scenario, ...)`` starts a server as :class:`rtnb.testing.RtnbServer` takes it; all of
    them end with the test. One for several tests is a fixture of one's own around ``with RtnbServer(...)``."""
    servers: list[RtnbServer] = request.node.stash.setdefault(_SERVERS, [])

    def start(scenario: str | Path | Mapping[str, Any] | None = None, **settings: Any) -> RtnbServer:
        from rtnb.errors import RtnbError
        from rtnb.testing.server import RtnbServer

        problem: RtnbError | None = None
        try:
            servers.append(RtnbServer(scenario, **{"folder": request.path.parent, **settings}).start())
        except RtnbError as error:
            problem = error
        if problem is not None:
            # One sentence says it all; a traceback through rtnb says less, and so does a cause that says the same.
            pytest.fail(f"rtnb_server: {problem}", pytrace=False)
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def rtnb_server(request: pytest.FixtureRequest, rtnb_server_factory: Callable[..., RtnbServer]) -> RtnbServer:
    """A realtime server on loopback, which plays the model's part: see :class:`rtnb.testing.RtnbServer`."""
    given: dict[str, Any] = {}
    # The nearest mark goes before that of the class or module.
    for mark in reversed(list(request.node.iter_markers("rtnb"))):
        if len(mark.args) + ("scenario" in mark.kwargs) > 1:
            pytest.fail("rtnb_server: the mark rtnb takes one scenario, and settings by name.", pytrace=False)
        own = dict(zip(["scenario"], mark.args, strict=False)) | mark.kwargs
        if _PLAYED & set(own):
            given = {name: value for name, value in given.items() if name not in _PLAYED}
        given |= own
    if not _PLAYED & set(given) and (default := request.config.getini("rtnb_scenario")):
        given["scenario"] = request.config.rootpath / default
    return rtnb_server_factory(**given)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """What happened on the line goes with a failure's report."""
    report: pytest.TestReport = yield
    servers = item.stash.get(_SERVERS, [])
    if servers and report.failed and report.when in ("setup", "call"):
        for number, server in enumerate(servers, 1):
            report.sections += _account(server, item, number if len(servers) > 1 else None)
    return report


def _account(server: RtnbServer, item: pytest.Item, number: int | None) -> Iterator[tuple[str, str]]:
    """Sections of a report; whatever goes wrong here is told in one, for it must not end the run."""
    from rtnb.testing.keeping import folder_name, shortened

    which = "" if number is None else f" {number}"
    try:
        yield f"rtnb_server{which}", shortened(server.report())
    except Exception as error:
        yield f"rtnb_server{which}", f"There is no report: {type(error).__name__}: {error}"
    if (folder := item.config.getoption("--rtnb-keep")) is None:
        return
    folder = Path(folder) / folder_name(item.nodeid)
    try:
        kept = server.save(folder, "session" if number is None else f"server-{number}-session")
        yield f"rtnb_server{which} recordings", "\n".join(map(str, kept)) or "There was no session."
    except Exception as error:
        yield f"rtnb_server{which} recordings", f"Nothing was written to '{folder}': {type(error).__name__}: {error}"
