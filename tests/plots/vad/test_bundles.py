"""What a notebook, a terminal and a saved page get of everything about turn detection."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.bills import HOSTILE
from support.markup import assert_harmless, read

from rtnb._display import bundle
from rtnb.audio import Clip
from rtnb.plots.grid import text_columns
from rtnb.plots.vad.board import board_bundle
from rtnb.plots.vad.lab_board import lab_bundle, track_board
from rtnb.vad import Corpus, Labels, Mistake, Segment, Setting
from rtnb.vad.corpus import Item

SETTING = Setting(0.5, 300, 350)
LOCAL = "local emulation, not calibrated to a server"
NAMES = (
    "corpus", "labels", "score", "mistakes", "sweep", "best", "held out", "comparison", "operating points", "frames",
    "calibration", "what if",
)  # fmt: skip
WITHOUT_PICTURE = {"score", "best", "held out", "comparison"}
PREDICTED = {"score", "mistakes", "sweep", "best", "held out", "comparison", "what if"}


@pytest.fixture(scope="session")
def objects(
    corpus: Any, swept: Any, item: Any, scored: Any, found: Any, metrics: Any, calibration: Any, what: Any
) -> dict[str, Any]:
    best = swept.best()
    return {
        "corpus": corpus, "labels": item.labels, "score": scored, "mistakes": found, "sweep": swept, "best": best,
        "held out": swept.held_out(), "comparison": swept.compare(swept.default.setting, best.setting),
        "operating points": swept.operating_points(), "frames": metrics, "calibration": calibration, "what if": what,
    }  # fmt: skip


def check(given: dict[str, Any], *, picture: bool) -> tuple[str, str]:
    """Harmless, complete, narrow; its words in HTML and on a terminal."""
    assert set(given) == {"text/plain", "text/html"} | ({"image/png"} if picture else set())
    page = assert_harmless(given["text/html"])
    assert all(image["alt"] and image["src"].startswith("data:image/svg+xml") for image in page.all("img"))
    assert bool(page.all("img")) == picture
    lines = given["text/plain"].split("\n")
    assert [line for line in lines if text_columns(line) > 100] == []
    assert all(line and line == line.rstrip() for line in lines)
    if picture:
        data = base64.b64decode(given["image/png"], validate=True)
        assert data.startswith(b"\x89PNG")
        assert len(data) < 100_000
    return page.text(), given["text/plain"]


@pytest.mark.parametrize("name", NAMES)
def test_everything_draws_itself(name: str, objects: dict[str, Any]) -> None:
    html, plain = check(bundle(objects[name]), picture=name not in WITHOUT_PICTURE)
    if name in PREDICTED:
        assert LOCAL in html
        assert LOCAL in " ".join(plain.split())


@pytest.mark.parametrize("name", ["mistakes", "sweep", "calibration", "what if"])
def test_bundles_are_the_same_every_time_and_small(name: str, objects: dict[str, Any]) -> None:
    first, second = bundle(objects[name]), bundle(objects[name])
    assert first == second
    assert sum(map(len, first.values())) < 1_000_000


def test_a_calibration_takes_the_place_of_the_local_emulation(objects: dict[str, Any]) -> None:
    named = replace(objects["score"], prediction="office, 2026-11-21")
    for told in check(bundle(named), picture=False):
        assert "predicted with the calibration office, 2026-11-21" in told
        assert "local emulation" not in told


def test_a_track_and_the_lab_draw_themselves(track: Any, item: Any, turns: Any, found: Any, scored: Any) -> None:
    html, _ = check(board_bundle(track_board(track)), picture=True)
    assert "938 frames of 32 ms" in html
    own = found.of(recording=item.name).mistakes
    given = lab_bundle(
        item.clip(), track, turns, labels=item.labels, setting=SETTING, mistakes=own, sound=True,
        scores=[("default", scored), ("this", scored)], strong=1,
    )  # fmt: skip
    html, plain = check(given, picture=True)
    for told in (html, plain):
        assert "0.50 / 300 / 350" in told
        assert "turn gap 0.7 s" in told
        assert own[0].detail.split(";")[0][:30] in told
    assert len(read(given["text/html"]).all("audio")) == 1


def test_nothing_is_said_to_be_nothing(corpus: Any, found: Any, calibration: Any, what: Any, swept: Any) -> None:
    empty = np.zeros(0, dtype=np.float32)
    cases: list[tuple[dict[str, Any], str]] = [
        (bundle(Labels(())), "no labelled speech"),
        (bundle(Corpus(())), "no labelled recordings"),
        (bundle(replace(found, mistakes=())), "No mistakes of 0.50 / 300 / 350"),
        (bundle(replace(calibration, events=())), "no event of the server is predicted"),
        (bundle(replace(what, rows=())), "no recording could be scored"),
        (lab_bundle(Clip.silence(0), replace(swept.tracks[0], p=empty)), "empty: 0 s of sound"),
    ]
    for given, words in cases:
        for told in check(given, picture=False):
            assert words in " ".join(told.split())


def test_recordings_without_labels_and_problems_are_named(item: Any) -> None:
    bare = Corpus((Item("bare", item.clip()), Item("quiet", Clip.silence(2.0), Labels(()))), ("lost.wav: gone",))
    for told in check(bundle(bare), picture=True):
        assert "no labels" in told
        assert "left out: lost.wav: gone" in told


def test_names_are_only_words(found: Any, item: Any, calibration: Any, scored: Any) -> None:
    labels = Labels((Segment(0.5, 1.5, HOSTILE),), HOSTILE)
    named = Item(HOSTILE, item.clip(), labels)
    wrong = Mistake("missed", HOSTILE, 0.5, 1.5, HOSTILE, 0)
    hostile = [
        bundle(labels), bundle(Corpus((named,), (HOSTILE,))),
        bundle(replace(found, items=(named,), mistakes=(wrong,), turns=((),), labelled=((),), tracks=())),
        bundle(replace(scored, prediction=HOSTILE)),
        bundle(replace(calibration, endpoint=HOSTILE, undetermined=(HOSTILE,), notes=(HOSTILE,), engine=HOSTILE)),
    ]  # fmt: skip
    for given in hostile:
        page = assert_harmless(given["text/html"])
        assert not page.all("script")
        for text in (given["text/plain"], page.text()):
            assert "\x1b" not in text
            assert "\u202e" not in text
