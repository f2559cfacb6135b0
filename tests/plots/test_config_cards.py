from __future__ import annotations

from typing import Any

import pytest

from rtnb._display import bundle
from rtnb.protocol import default_session
from rtnb.session.config.diff import diff
from rtnb.session.config.effective import Config
from rtnb.session.config.image import Image
from rtnb.session.config.mixtures import translate
from rtnb.session.config.models import models

DEFAULT = default_session(session_id="sess_1", model="gpt-realtime-2.1", expires_at=1767233035)
ASKED: dict[str, Any] = {"audio": {"output": {"voice": "marin"}}, "instructions": "<script>alert(1)</script>"}
TOOL = {"type": "mcp", "server_label": "a", "server_url": "u", "authorization": "hush", "headers": {"X": "hush"}}


@pytest.mark.parametrize(
    ("thing", "says"),
    [
        (
            Config(ASKED, DEFAULT, assistant_audio=True),
            ["server VAD, 200 ms", "marin", "ignored", "has spoken"],
        ),
        (Config({}, {}), ["nothing was asked for"]),
        (diff(ASKED, DEFAULT, all=True), ["2 of 2 settings differ", "audio.output.voice", "defaulted"]),
        (diff({}, DEFAULT), ["nothing was asked for"]),
        (translate({"type": "realtime", "voice": "marin", "temperature": 1}), ["2 changes", "GA has no temperature"]),
        (translate({"type": "realtime"}), ["GA already"]),
        (models(on="2026-11-21"), ["gpt-realtime-2.1", "2027-01-20", "128,000"]),
        (Image(bytes.fromhex("89504e470d0a1a0a0000000d49484452000000280000001e")), ["40 × 30", "data:image/png"]),
    ],
)
def test_each_is_shown(thing: object, says: list[str]) -> None:
    shown = bundle(thing)
    assert "text/html" in shown and shown["text/plain"]
    for words in says:
        assert words in shown["text/html"], words
    assert "<script>" not in shown["text/html"]


def test_what_differs_is_in_the_plain_text_too() -> None:
    plain = bundle(Config(ASKED, DEFAULT, assistant_audio=True))["text/plain"]
    assert "'marin'" in plain and "has spoken" in plain


def test_no_secret_is_shown() -> None:
    for thing in (
        Config({"tools": [TOOL]}, {**DEFAULT, "tools": [TOOL]}),
        diff({"tools": [TOOL]}, DEFAULT, all=True),
        translate({"tools": [TOOL]}),
    ):
        assert "hush" not in "".join(map(str, bundle(thing).values()))


def test_the_end_of_a_model_is_bold_when_it_is_near() -> None:
    assert "<b>2027-01-20</b>" in bundle(models(on="2026-11-21"))["text/html"]
    assert "<b>2027-01-20</b>" not in bundle(models(on="2026-08-01"))["text/html"]
