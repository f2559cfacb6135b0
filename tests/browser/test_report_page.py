"""The report page in a real browser: pictures follow the scheme, players play, nothing is fetched or run."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from support.require import require_command, require_module

from rtnb.audio import Clip
from rtnb.plots.page import report_page
from rtnb.samples import sample
from rtnb.session.views.shapes import Latency, SessionView, SpeechSpan, TurnView

pytestmark = pytest.mark.browser

DURATIONS = """players => Promise.all(players.map(player => new Promise((done, fail) => {
    if (player.readyState) return done(player.duration);
    player.onloadedmetadata = () => done(player.duration);
    player.onerror = () => fail(player.error.message); })))"""


@pytest.fixture(scope="module")
def view() -> SessionView:
    question = Clip.load(sample("weather_question"))
    turn = TurnView(
        0,
        "completed",
        user_text="<script>document.title = 'broken'</script><img src=x onerror=\"document.title='broken'\">",
        user_kind="audio",
        user_audio=question,
        user_start_s=1.0,
        speech=(SpeechSpan(1.1, 3.2, 0.3, 0.5),),
        assistant_text="Hello",
        assistant_audio=question.resample(16000),
        assistant_start_s=3.6,
        latency=Latency("speech end", "first audio", 2.7, 3.6),
    )
    turns = (turn, replace(turn, index=1, user_audio=question.resample(48000), status="cancelled", heard_s=0.7))
    return SessionView("embedded server", "model", "voice", "closed", 10.0, turns)


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_works_offline_in_both_schemes(view: SessionView, tmp_path: Path, dark: bool) -> None:
    chromium = require_command("chromium", "chromium-browser", "google-chrome")
    require_module("playwright")
    from support.lab import browser_page

    place = tmp_path / "page.html"
    place.write_text(report_page(view, title="A page"), encoding="utf-8")
    with browser_page(chromium, dark=dark) as page:
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(place.as_uri())
        durations = page.locator("audio").evaluate_all(DURATIONS)
        assert durations == pytest.approx([1.87, 1.87, 1.87, 1.87], abs=0.1)
        assert all(page.locator("img").evaluate_all("images => images.map(i => i.complete && i.naturalWidth >= 900)"))
        assert page.title() == "A page"
        assert not complaints
        assert all(url.startswith(("file:", "data:")) for url in requests)
        # No line is wider than the window, and what was said is shown as it was said.
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert "<script>document.title" in page.locator("section[aria-label='Turn 1']").inner_text()
        shot = page.locator("img").first.screenshot()
    assert has_colour(shot, "#4cc9a4" if dark else "#008563")
    assert not has_colour(shot, "#008563" if dark else "#4cc9a4")


def has_colour(png: bytes, colour: str) -> bool:
    image = np.rint(imread(io.BytesIO(png))[..., :3] * 255).astype(int)
    rgb = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return bool((abs(image - rgb).max(axis=2) <= 2).sum() > 100)
