"""What a server for tests may be told, and how a mistake in it reads."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from rtnb.errors import ConfigError
from rtnb.server import Options
from rtnb.server.local import LocalServer
from rtnb.testing import RtnbServer
from rtnb.testing.settings import NAMES, server_options


def test_the_names_are_those_of_the_local_server_and_of_the_options() -> None:
    played = {"brain", "faults"}
    assert {each.name for each in fields(LocalServer)} - played <= set(NAMES)
    assert {each.name for each in fields(Options)} - played <= set(NAMES)


def test_they_come_to_options(tmp_path: Path) -> None:
    (tmp_path / "prompts").mkdir()
    (tmp_path / "ear.yaml").write_text("lag_ms: 70\n")
    options = server_options(
        {
            "detector": "ear.yaml",
            "realtime_factor": 0,
            "prompts": "prompts",
            "mcp": False,
            "latency_ms": 5,
            "drain_s": 1,
            "ear": "none",
        },
        tmp_path,
    )
    assert options.tuning is not None and options.tuning.lag_ms == 70
    assert options.delivery.factor == 0 and not options.mcp.enabled and options.prompts == tmp_path / "prompts"
    assert (options.latency_ms, options.drain_s, options.ear) == (5, 1, "none")
    assert (
        server_options({"detector": {"lag_ms": 3}}, tmp_path).tuning
        == server_options({"detector": "lag_ms=3"}, tmp_path).tuning
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"volume": 3}, "There is no setting 'volume'. There are: scenario, brain, faults, voice, folder, detector, "),
        ({"latency": 3}, "did you mean latency_ms? There are: "),
        ({"latency_ms": -4}, "latency_ms is milliseconds from 0"),
        ({"drain_s": -1}, "drain_s is seconds from 0"),
        ({"tuning": 5}, "tuning is DetectorTuning or None, not 5"),
        ({"detector": "lag=5"}, "'lag' cannot be changed"),
        ({"detector": "none.yaml"}, "none.yaml"),
        ({"detector": "lag_ms=1", "tuning": None}, "give one of the two"),
        ({"realtime_factor": "x"}, "realtime_factor is a multiple of real time from 0 up, not 'x'"),
        ({"realtime_factor": -1}, "not -1"),
        ({"limits": 5}, "limits is Limits, not 5"),
        ({"watchers": 5}, "watchers is a tuple of Watcher, not 5"),
        ({"prompts": "nowhere"}, "prompts takes a folder, and 'nowhere' is none"),
        ({"mcp": "on"}, "mcp is McpPolicy"),
        ({"ear": 5}, "ear is a name or None, not 5"),
        ({"ear": "nobody's"}, "nobody's"),
        ({"brain": 42}, "brain is a name such as 'chat'"),
        ({"brain": "demos"}, "demos"),
        ({"scenario": 42}, "A scenario is a file or a mapping, not 42"),
        ({"scenario": {"rules": []}, "brain": "demo"}, "give one of the two"),
        ({"faults": 5}, "faults is a plan"),
        ({"faults": "none.yaml"}, "The plan of failures '"),
        ({"scenario": "none.yaml"}, "The scenario '"),
    ],
    ids=str,
)
def test_mistakes(tmp_path: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        RtnbServer(voice="tone", folder=tmp_path, **given)
    assert said in str(caught.value)


def test_one_that_is_not_made_or_not_started_can_be_shown() -> None:
    assert repr(RtnbServer(voice="tone")) == "RtnbServer(not started, 0 sessions)"
    half = RtnbServer.__new__(RtnbServer)
    with pytest.raises(ConfigError):
        half.__init__(latency_ms=-4)  # type: ignore[misc]
    assert repr(half) == "RtnbServer(not started, 0 sessions)"
    with RtnbServer(voice="tone") as server:
        pass
    assert repr(server) == f"RtnbServer({server.url}, 0 sessions)"


def test_a_brain_may_be_a_function_or_a_script(tmp_path: Path) -> None:
    import rtnb

    (tmp_path / "s.yaml").write_text("rules: [{on: hello, say: Hi there.}]\nfaults: [{fail: Gone., times: 1}]\n")
    for brain, said in ((lambda text: text.upper(), "HELLO"), ("script:s.yaml", "Hi there.")):
        with (
            RtnbServer(brain=brain, voice="tone", folder=tmp_path) as server,
            rtnb.connect(server.url, key=server.key, modalities=["text"]) as s,
        ):
            if brain == "script:s.yaml":
                assert s.ask("hello").status == "failed"
            assert s.ask("hello").text == said
