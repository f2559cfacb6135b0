"""The meter as its page meets it: told all, then what is new; asked what another model would cost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.comms import ComPage, RememberedComm, remember_comms

import rtnb
from rtnb.errors import ConfigError


@pytest.fixture
def comms(monkeypatch: pytest.MonkeyPatch) -> list[RememberedComm]:
    return remember_comms(monkeypatch)


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not found():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


class Known:
    """What a page makes of the messages that are for it."""

    def __init__(self, page: ComPage) -> None:
        self.page = page

    @property
    def messages(self) -> list[dict[str, Any]]:
        told = [content for content, _ in self.page.told("usage")]
        return [each for each in told if each.get("page") in (None, self.page.page)]

    @property
    def turns(self) -> list[dict[str, Any]]:
        turns: list[dict[str, Any]] = []
        for each in self.messages:
            assert each["from"][0] <= len(turns)
            turns = turns[: each["from"][0]] + each["turns"]
        return turns

    @property
    def last(self) -> dict[str, Any]:
        return self.messages[-1]


def test_a_page_is_told_all_and_then_what_is_new(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False, budget_usd=1.0) as s:
        view = rtnb.UsageMeter(s)
        page = ComPage(comms)
        s.ask("Spell cat.", show=False)
        assert not page.told("usage")  # nobody listens yet
        until(lambda: len(view.report.ledger.exchanges) == 1)
        page.say(type="hello")
        known = Known(page)
        assert known.last["page"] == "p1" and known.last["from"] == [0, 0] and known.last["head"]["live"]
        s.ask("Spell dog.", show=False)
        s.ask("Spell bird.", show=False)
        until(lambda: [row["cost"] for row in known.turns] == [str(turn.cost) for turn in s.usage.turns])
        assert all("page" not in each and "models" not in each for each in known.messages[1:])
        assert known.last["from"][0] > 0
        assert known.last["head"]["total"] == str(s.usage.cost)
        assert "money" in [gauge["name"] for gauge in known.last["head"]["gauges"]]
    until(lambda: not known.last["head"]["live"])
    # A second page at the end gets all of it at once, and no message of the first one is for it.
    page.say(type="hello", page="p2")
    (whole,) = [each for each, _ in page.told("usage") if each.get("page") == "p2"]
    assert whole["turns"] == known.turns and whole["models"]
    assert repr(view).startswith("UsageMeter(UsageReport(3 turns")
    view.freeze()


def test_messages_are_few(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        rtnb.UsageMeter(s)
        page = ComPage(comms)
        page.say(type="hello")
        began = time.monotonic()
        for _ in range(12):
            s.ask("Spell cat.", show=False)
        took_s = time.monotonic() - began
        known = Known(page)
        until(lambda: len(known.turns) == 12 and known.last["head"]["total"] == str(s.usage.cost))
        assert len(known.messages) <= 4 + 2 * (took_s + 3)


def test_another_model(comms: list[RememberedComm], tmp_path: Path) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = rtnb.UsageMeter(s, what_if="gpt-realtime-mini")
        page = ComPage(comms)
        page.say(type="hello")
        known = Known(page)
        assert "Nothing was used yet" in known.last["what_if"]["text"]
        s.ask("Spell cat.", show=False)
        until(lambda: known.last["what_if"].get("priced") is True)
        found = s.usage.reprice("gpt-realtime-mini").variants[0]
        assert known.last["what_if"]["cost"] == str(found.cost)
        page.say(type="what_if", model="my-own-model")
        until(lambda: known.last["what_if"]["model"] == "my-own-model")
        assert known.last["what_if"]["cost"] == "unpriced" and "No price is known" in known.last["what_if"]["notes"][0]
        assert view.what_if == "my-own-model"
        page.say(type="what_if", model="")
        until(lambda: known.last["what_if"] == {})
        assert view.what_if is None
        page.say(type="what_if", model=7)
        until(lambda: bool(page.told("say")))
        assert "is the name of a model" in page.told("say")[0][0]["text"]
        s.save(tmp_path / "talk.rtnb")
    meter = rtnb.UsageMeter(rtnb.replay(tmp_path / "talk.rtnb"), what_if="gpt-realtime-mini")
    still = meter._draw()
    assert "What if" in still["text/plain"] and "gpt-realtime-mini" in still["text/html"] and "image/png" in still
    meter.what_if = "my-own-model"
    assert "No price is known" in meter._draw()["text/plain"]


def test_a_limit_of_time_goes_on_without_events(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False, max_minutes=5) as s:
        rtnb.UsageMeter(s)
        page = ComPage(comms)
        page.say(type="hello")
        s.ask("Spell cat.", show=False)
        known = Known(page)

        def time_text() -> str:
            return next((gauge["text"] for gauge in known.last["head"]["gauges"] if gauge["name"] == "time"), "")

        until(lambda: bool(time_text()))
        before = time_text()
        until(lambda: time_text() != before)


def test_what_cannot_be_is_said_in_words(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        with pytest.raises(TypeError, match="no option 'whatif'; did you mean 'what_if'"):
            rtnb.UsageMeter(s, whatif="x")
        with pytest.raises(ConfigError, match="is the name of a model"):
            rtnb.UsageMeter(s, what_if=3)  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="No model has a name of 9,999"):
            rtnb.UsageMeter(s, what_if="x" * 9_999)
        view = rtnb.UsageMeter(s)
        page = ComPage(comms)
        page.say(type="nothing that there is")
        page.say(type="hello")
        view.freeze()
        view.freeze()
        assert view.frozen and page.settings["closed"]
    with pytest.raises(ConfigError, match="UsageMeter wants a Session"):
        rtnb.UsageMeter("a sentence")


def test_an_async_session(comms: list[RememberedComm]) -> None:
    async def talk() -> None:
        async with rtnb.AsyncSession(modalities=["text"], journal=False) as s:
            view = rtnb.UsageMeter(s)
            page = ComPage(comms)
            page.say(type="hello")
            with pytest.raises(ConfigError, match="event loop of that session"):
                await asyncio.to_thread(rtnb.UsageMeter, s)
            await (await s.send("Spell cat."))
            known = Known(page)
            for _ in range(400):
                if known.turns and known.last["head"]["total"] == str(s.usage.cost):
                    break
                await asyncio.sleep(0.02)
            assert known.last["head"]["total"] == str(s.usage.cost)
        assert not known.last["head"]["live"] and len(view.report.ledger.exchanges) == 1

    asyncio.run(talk())


def test_a_meter_that_no_page_shows_follows_nothing_until_one_does(comms: list[RememberedComm]) -> None:
    with rtnb.connect(modalities=["text"], journal=False) as s:
        view = rtnb.UsageMeter(s)
        page = ComPage(comms)
        page.say(type="hello")
        page.say(type="hello", page="p2")
        page.say(type="bye")
        s.ask("Spell cat.", show=False)
        until(lambda: len(view._turns) == 1)  # the other page is there
        page.say(type="bye", page="p2")
        feed = view._feed
        assert feed is not None
        until(lambda: feed.paused)
        told = len(page.told("usage"))
        s.ask("Spell dog.", show=False)
        assert len(page.told("usage")) == told
        assert len(view.report.ledger.exchanges) == 2  # who asks is told how it is
        page.say(type="hello", page="p3")
        until(lambda: not feed.paused)
        s.ask("Spell bird.", show=False)
        known = Known(page)
        known.page.page = "p3"
        until(lambda: len(known.turns) == 3 and known.last["head"]["total"] == str(s.usage.cost))
        page.say(type="bye", page="p3")
        until(lambda: feed.paused)
    until(lambda: not view._look.live)  # its end is told all the same: the picture in the cell follows it
    assert view.report == s.usage
    view.freeze()
