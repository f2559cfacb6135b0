"""The Tab key and the question mark in a real kernel: what rtnb has is offered, and nothing else."""

from __future__ import annotations

import inspect
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from support.kernel import Kernel

import rtnb
from rtnb.session.behaviour import BEHAVIOUR
from rtnb.session.config.keywords import SETTINGS
from rtnb.session.config.overrides import OVERRIDES

pytestmark = [pytest.mark.kernel]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    with Kernel(tmp_path_factory.mktemp("kernel")) as running:
        cell = running.run(
            "s = rtnb.connect(modalities=['text'], journal=False)\n"
            "turn = s.ask('What is 6 times 7?', show=False)\n"
            "clip = rtnb.Clip.silence(0.1)"
        )
        assert not cell.error, cell.said
        yield running
        running.run("s.close()")


def reply(kernel: Kernel, message: str) -> dict[str, Any]:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = kernel.client.get_shell_msg(timeout=60)
        if found["parent_header"].get("msg_id") == message:
            content: dict[str, Any] = found["content"]
            return content
    raise AssertionError("no reply")


def completed(kernel: Kernel, code: str) -> list[str]:
    """What Tab offers behind the code, without the part that is written."""
    found = reply(kernel, kernel.client.complete(code, len(code)))
    return [match.rpartition(".")[2] for match in found["matches"]]


def inspected(kernel: Kernel, code: str) -> str:
    """What the question mark shows."""
    found = reply(kernel, kernel.client.inspect(code, len(code), detail_level=0))
    return re.sub(r"\x1b\[[0-9;]*m", "", found["data"].get("text/plain", ""))


def keywords(kernel: Kernel, call: str) -> set[str]:
    return {match.removesuffix("=") for match in completed(kernel, call) if match.endswith("=")}


def test_public_names(kernel: Kernel) -> None:
    # Of those that begin with an underscore, IPython offers none unasked.
    assert set(completed(kernel, "rtnb.")) == set(rtnb.__all__) - {"__version__"}
    assert completed(kernel, "rtnb.doc") == ["doctor"]
    assert completed(kernel, "from rtnb import conn") == ["connect"]


@pytest.mark.parametrize("room", ["vad", "pricing", "lab", "errors"])
def test_public_names_of_rooms(kernel: Kernel, room: str) -> None:
    assert set(completed(kernel, f"rtnb.{room}.")) == set(getattr(rtnb, room).__all__)


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def test_verbs_of_a_session(kernel: Kernel) -> None:
    offered = set(completed(kernel, "s."))
    assert offered == public(rtnb.Session)
    assert offered >= {"ask", "send", "stream", "update", "interrupt", "save", "timeline", "usage", "items", "close"}


@pytest.mark.parametrize("name", ["turn", "clip"])
def test_values(kernel: Kernel, name: str) -> None:
    offered = set(completed(kernel, f"{name}."))
    assert {"turn": {"text", "audio", "latency", "cost", "wait"}, "clip": {"duration_s", "save"}}[name] <= offered
    assert not [each for each in offered if each.startswith("_")]


CLASSES = [name for name in rtnb.__all__ if inspect.isclass(getattr(rtnb, name))]


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_completes(kernel: Kernel, name: str) -> None:
    """jedi gives up on a class where a property is annotated with a Literal (0.20.1); such are annotated with str."""
    assert set(completed(kernel, f"rtnb.{name}.")) - {"mro"} >= public(getattr(rtnb, name)) - {"mro"}


@pytest.mark.parametrize("view", ["Console", "UsageMeter", "TimelineView", "Waveform", "Microphone", "Mic", "VadLab"])
def test_views_have_no_traits_of_their_widgets(kernel: Kernel, view: str) -> None:
    offered = set(completed(kernel, f"rtnb.{view}."))
    assert "freeze" in offered
    clutter = {"observe", "comm", "keys", "trait_names", "layout", "hold_sync", "send_state", "tabbable", "tooltip"}
    assert not offered & clutter


def test_keywords_of_connect(kernel: Kernel) -> None:
    offered = keywords(kernel, "rtnb.connect(")
    assert offered >= {"endpoint", "model", "key", "brain", "server", *SETTINGS, *BEHAVIOUR}
    assert completed(kernel, "rtnb.connect(inst") == ["instructions="]


def test_keywords_of_verbs(kernel: Kernel) -> None:
    assert keywords(kernel, "s.update(") == set(SETTINGS)
    assert keywords(kernel, "s.ask(") == {"content", "timeout", "show", *OVERRIDES}
    assert completed(kernel, "s.update(turn_d") == ["turn_detection="]
    assert keywords(kernel, "rtnb.ServerVad(") >= {"threshold", "silence_duration_ms"}


@pytest.mark.parametrize("name", ["connect", "replay", "doctor", "Clip.load", "ServerVad", "vad.sweep", "Session.ask"])
def test_the_question_mark_shows_signature_and_docstring(kernel: Kernel, name: str) -> None:
    shown = inspected(kernel, f"rtnb.{name}")
    member: Any = rtnb
    for part in name.split("."):
        member = getattr(member, part)
    doc = inspect.getdoc(member)
    assert doc is not None and doc.splitlines()[0] in shown
    assert "ignature:" in shown and ">>>" in shown
    for parameter in inspect.signature(member).parameters.values():
        assert parameter.name in shown


def test_the_question_mark_on_a_verb(kernel: Kernel) -> None:
    shown = inspected(kernel, "s.update")
    assert "turn_detection: " in shown and "Change settings" in shown
    assert "self" not in shown.partition("Docstring")[0]
