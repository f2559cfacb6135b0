"""``rtnb.Waveform`` with a page that only remembers."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import numpy as np
import pytest
from support.comms import ComPage, RememberedComm, remember_comms

import rtnb
from rtnb.errors import AudioError, ConfigError
from rtnb.widgets import Waveform
from rtnb.widgets.frame.following import Following
from rtnb.widgets.waveform import parcels

NOISE = rtnb.Clip(np.random.default_rng(1).uniform(-0.5, 0.5, 240_000).astype(np.float32), 24000)


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


def until(test: Callable[[], Any], timeout_s: float = 20) -> Any:
    end = monotonic() + timeout_s
    while not (found := test()):
        assert monotonic() < end
        sleep(0.02)
    return found


def test_a_page_that_comes_gets_everything_and_the_state_holds_nothing_large(comms: list[RememberedComm]) -> None:
    Waveform(NOISE, span_s=(1, 2), title="<b>Noise</b>")
    page = ComPage(comms)
    assert {"title": "<b>Noise</b>", "span": [1.0, 2.0], "spectrogram": False}.items() <= page.settings.items()
    page.say(type="hello")
    (content, (outline,)) = page.told("sheet")[0]
    assert content["page"] == "p1" and content["end_s"] == 10.0 and content["whole"]
    columns = np.frombuffer(outline, dtype="<i2").reshape(-1, 2)
    assert len(columns) == content["columns"] and columns[:, 1].min() > 10_000
    assert page.told("selection")[0][0]["span"] is None


def test_zoom_goes_down_to_the_samples(comms: list[RememberedComm]) -> None:
    Waveform(NOISE)
    page = ComPage(comms)
    page.say(type="window", seq=3, start_s=2.0, end_s=4.0, columns=1000)
    (content, (outline,)) = page.told("window")[-1]
    assert content["seq"] == 3 and content["page"] == "p1" and content["tracks"] == [{}] and len(outline) == 4000
    page.say(type="window", seq=4, start_s=2.0, end_s=2.01, columns=1000)
    (content, (samples,)) = page.told("window")[-1]
    ((start_s, rate, count),) = content["tracks"][0]["runs"]
    assert (rate, count) == (24000, 242)
    first = round(start_s * 24000)
    assert np.frombuffer(samples, dtype="<i2").tolist() == NOISE.int16()[first : first + count].tolist()


def test_sound_comes_in_pieces_of_a_mebibyte_at_most(comms: list[RememberedComm]) -> None:
    Waveform(np.ones(600 * 48000, dtype=np.int16), rate_hz=48000)
    page = ComPage(comms)
    page.say(type="sound", piece=2, mix=0, start_s=40, end_s=1e9, tracks=[0])
    content, (pcm,) = page.told("sound")[-1]
    assert content["piece"] == 2 and content["rate_hz"] == 24000 and 900_000 < len(pcm) <= 1 << 20
    page.say(type="sound", piece=99, mix=0, start_s=1980, end_s=2000, tracks=[])
    assert page.told("sound")[-1][1] == [b""]


def test_a_spectrogram_is_drawn_when_it_is_asked_for(comms: list[RememberedComm]) -> None:
    view = Waveform(NOISE)
    page = ComPage(comms)
    page.say(type="spectrogram", seq=1, start_s=0, end_s=10, columns=300, rows=64)
    content, (cells,) = page.told("spectrogram")[-1]
    assert (content["columns"], content["rows"], content["top_hz"]) == (300, 64, 12000.0) and len(cells) == 300 * 64
    page.say(type="spectrogram_on", on=True)
    assert view._spectrogram is True


def test_a_selection_is_a_clip_and_code_that_gives_it_again(comms: list[RememberedComm]) -> None:
    view = Waveform(NOISE)
    page = ComPage(comms)
    assert view.selection is None and view.code == ""
    page.say(type="select", span=[1.234567891, 2.5])
    assert view.selected_s == (1.23457, 2.5) and view.selection == NOISE[1.23457:2.5]
    told = page.told("selection")[-1][0]
    assert told["code"] == view.code == "clip[1.23457:2.5]" and "page" not in told
    assert eval(view.code, {"clip": NOISE}) == view.selection
    view.select(-5, 99)
    assert view.selected_s == (0.0, 10.0) and "0 to 10 s selected" in repr(view)
    page.say(type="select", span=None)
    assert view.selection is None


def test_what_no_page_should_say_breaks_nothing(comms: list[RememberedComm]) -> None:
    view = Waveform(NOISE)
    page = ComPage(comms)
    for content in (
        {"type": "window", "start_s": float("nan"), "end_s": 1, "columns": 5},
        {"type": "window", "start_s": 3, "end_s": 3, "columns": 5},
        {"type": "window"},
        {"type": "select", "span": ["a", "b"]},
        {"type": "select", "span": [5, 1]},
        {"type": "nonsense"},
    ):
        page.say(**content)
    assert view.selection is None
    page.say(type="window", start_s=-1e6, end_s=1e6, columns=10**9)
    assert len(page.told("window")[-1][1][0]) == 4 * 8192


@pytest.mark.parametrize("given", [rtnb.Clip.silence(0), rtnb.Clip([0.5], 24000), rtnb.Clip.silence(1)])
def test_little_or_no_sound(comms: list[RememberedComm], given: rtnb.Clip) -> None:
    view = Waveform(given)
    page = ComPage(comms)
    page.say(type="hello")
    content, buffers = page.told("sheet")[0]
    assert content["empty"] == (len(given) == 0) and len(buffers) == 1
    view.freeze()
    assert view.frozen and {"text/plain", "text/html"} <= set(view._repr_mimebundle_())


def test_bad_options_and_stretches(comms: list[RememberedComm]) -> None:
    with pytest.raises(TypeError, match="Waveform has no option 'spektrogram'; did you mean 'spectrogram'"):
        Waveform(NOISE, spektrogram=True)
    view = Waveform({"near": NOISE, "far": NOISE})
    assert view.clip(0, 1).peak > view.clip(0, 1, tracks="near").peak
    with pytest.raises(ConfigError, match="There is no track 'left'; there are 'near', 'far'"):
        view.clip(0, 1, tracks="left")
    for stretch in ((2, 1), (0, float("nan"))):
        with pytest.raises(AudioError):
            view.select(*stretch)
    with pytest.raises(AudioError):
        view[0]  # type: ignore[index]
    assert view[9:].duration_s == 1.0


def test_a_session_grows_and_the_view_goes_on_when_it_is_closed(comms: list[RememberedComm]) -> None:
    s = rtnb.connect(journal=False)
    view = Waveform(s)
    page = ComPage(comms)
    page.say(type="hello")
    assert page.told("sheet")[0][0]["live"] and page.told("sheet")[0][0]["empty"]
    s.ask(NOISE[0:1], show=False)
    last = until(lambda: [each for each, _ in page.told("sheet") if each["entries"] and not each["empty"]])[-1]
    assert "page" not in last
    s.close()
    until(lambda: not page.told("sheet")[-1][0]["live"])
    assert not view.frozen and view.tracks == ("You", "Assistant")
    page.say(type="window", seq=1, start_s=0, end_s=1, columns=100)
    assert page.told("window")
    view.freeze()
    view.freeze()
    assert "Run the cell again" in page.settings["closed"]


def test_a_view_that_is_frozen_follows_no_more(comms: list[RememberedComm]) -> None:
    with rtnb.connect(journal=False) as s:
        view = Waveform(s)
        view.freeze()
        page = ComPage(comms)
        done = threading.Event()
        s._loop.call(lambda: done.set())
        before = len(page.told("sheet"))
        s.ask(NOISE[0:1], show=False)
        sleep(0.3)
        assert len(page.told("sheet")) == before


def test_an_async_session_is_shown_on_its_own_loop(comms: list[RememberedComm]) -> None:
    import asyncio

    async def main() -> Waveform:
        async with rtnb.AsyncSession(journal=False) as s:
            with pytest.raises(ConfigError, match="event loop of that session"):
                await asyncio.to_thread(Waveform, s)
            view = Waveform(s)
            await (await s.send(NOISE[0:1]))
            return view

    view = asyncio.run(main())
    page = ComPage(comms)
    page.say(type="hello")
    assert not page.told("sheet")[-1][0]["live"] and not page.told("sheet")[-1][0]["empty"]
    assert view.duration_s > 1


def test_late_in_a_long_sound_the_code_gives_the_selection(comms: list[RememberedComm]) -> None:
    samples = np.resize(np.arange(-9999, 9999, 7, dtype=np.int16), 8000 * 2400)
    clip = rtnb.Clip(samples, 8000)
    view = Waveform(clip)
    for start_s, end_s in ((1234.56789, 1235.98765), (2399.1, 2400.0), (1000.00013, 1000.00054)):
        view.select(start_s, end_s)
        assert eval(view.code, {"clip": clip}) == view.selection == view[start_s:end_s]
        assert repr(end_s).removesuffix(".0") in repr(view)
    braced = Waveform(clip[:1])
    braced._taken = dataclasses.replace(braced._taken, code="rtnb.Clip.load('{a}.wav')")
    braced.select(0, 0.5)
    assert braced.code == "rtnb.Clip.load('{a}.wav')[0:0.5]"


def test_a_view_that_cannot_grow_says_so_once(
    comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = Waveform(s)
        page = ComPage(comms)
        page.say(type="hello")

        def fails(*given: Any, **options: Any) -> Any:
            raise ValueError("no paint")

        with monkeypatch.context() as patched:
            patched.setattr(parcels, "sheet_parcel", fails)
            s.ask("Spell cat.", show=False)
            until(lambda: page.told("say"))
            assert view._feed is not None
            s.ask("Spell dog.", show=False)
            until(lambda: not view._feed._busy)  # type: ignore[union-attr]
        (said, _) = page.told("say")[-1]
        assert said["kind"] == "problem" and "ValueError: no paint" in said["text"] and len(page.told("say")) == 1
        s.ask("Spell cow.", show=False)
        until(lambda: page.told("say")[-1][0]["text"] == "")
    assert len([each for each in caplog.records if "cannot follow" in each.message]) == 1


def test_what_no_page_shows_does_not_follow_until_one_comes(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = Waveform(s)
        one, other = ComPage(comms), ComPage(comms, page="p2")
        one.say(type="hello")
        other.say(type="hello")
        feed = view._feed
        assert isinstance(feed, Following)
        one.say(type="bye")
        s._call(lambda: None)
        assert not feed.paused
        other.say(type="bye")
        until(lambda: feed.paused and not feed._busy)
        before = len(one.told())
        s.ask("Spell cat.", show=False)
        sleep(0.3)
        assert len(one.told()) == before
        # Who asks in Python, and the picture, have the present.
        assert view.duration_s > 0 and "Spell cat." in str(view._present().entries)
        # A page that comes has what happened meanwhile, whether or not anything happens now.
        one.say(type="hello")
        until(lambda: any(entry["key"] == 0 for each, _ in one.told("sheet")[1:] for entry in each["entries"]))
        one.say(type="bye")
        until(lambda: feed.paused)
        s.ask("Spell dog.", show=False)
    # The end is told all the same: the picture that stays shows it.
    until(lambda: len(view._sheet.entries) == 2 and not view._sheet.live)


def test_the_still_of_a_session_asks_nothing_of_its_loop(
    comms: list[RememberedComm], monkeypatch: pytest.MonkeyPatch
) -> None:
    with rtnb.connect(journal=False) as s:
        s.ask(NOISE[0:1], show=False)
        view = Waveform(s)
        monkeypatch.setattr(type(s), "view", lambda *given: pytest.fail("the session was asked"))
        monkeypatch.setattr(s, "_call", lambda *given: pytest.fail("the loop was asked"))
        assert "image/png" in view._draw()
        monkeypatch.undo()
