from __future__ import annotations

import asyncio
import threading

import pytest

from rtnb.errors import ModelError, WeightsError
from rtnb.speech import loader as loader_module
from rtnb.speech.loader import VoiceLoader, shared_loader
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.stack import VARIABLE, Progress, VoiceStack
from rtnb.speech.tone import ToneVoice
from rtnb.vad.engines.energy import EnergyEngine

LIGHT = VoiceStack(SilentEar(), ToneVoice(), EnergyEngine())


class Gate:
    """A load that waits to be let through, so that nothing depends on time."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.opened = threading.Event()
        self.entered = threading.Event()
        self.calls = 0
        self._error = error

    def __call__(self, progress: Progress) -> VoiceStack:
        self.calls += 1
        progress(1, 3, "turn detection")
        self.entered.set()
        assert self.opened.wait(30)
        if self._error:
            raise self._error
        progress(3, 3, "speech recognition")
        return LIGHT


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("rtnb-voice")]


def test_loads_once_in_a_thread_that_ends() -> None:
    gate = Gate()
    loader = VoiceLoader(gate)
    assert loader.progress == (0, 0, "")
    assert not loader.ready.is_set()
    assert loader.start() is loader.start() is loader
    assert gate.entered.wait(30)
    assert loader.progress == (1, 3, "turn detection")
    thread = next(thread for thread in threading.enumerate() if thread.name == "rtnb-voice-loader")
    assert thread.daemon
    gate.opened.set()
    assert loader.result(30) is LIGHT
    assert loader.ready.is_set()
    assert loader.progress == (3, 3, "speech recognition")
    thread.join(30)
    assert not threads()
    assert loader.result() is LIGHT
    assert gate.calls == 1


def test_result_starts_loading() -> None:
    gate = Gate()
    gate.opened.set()
    assert VoiceLoader(gate).result(30) is LIGHT


def test_a_short_timeout_says_how_far_it_is() -> None:
    gate = Gate()
    loader = VoiceLoader(gate).start()
    assert gate.entered.wait(30)
    with pytest.raises(ModelError, match=r"still loading after 0 s \(1 of 3"):
        loader.result(0)
    gate.opened.set()
    assert loader.result(30) is LIGHT


@pytest.mark.parametrize("error", [WeightsError("wrong"), TimeoutError("of the load itself")])
def test_the_error_of_loading_comes_back(error: BaseException) -> None:
    gate = Gate(error)
    gate.opened.set()
    loader = VoiceLoader(gate)
    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            loader.result(30)
        assert caught.value is error
    assert loader.ready.is_set()
    assert loader.failed


@pytest.mark.parametrize("error", [SystemExit(2), KeyboardInterrupt()])
def test_an_end_of_the_process_is_an_error_of_loading(error: BaseException) -> None:
    gate = Gate(error)
    gate.opened.set()
    loader = VoiceLoader(gate)
    with pytest.raises(ModelError, match=f"could not be loaded: {type(error).__name__}"):
        loader.result(30)
    # Raised in the loop, either would end it.
    with pytest.raises(ModelError, match=type(error).__name__):
        asyncio.run(loader.stack())


def test_a_loop_waits_without_a_thread_and_can_give_up() -> None:
    gate = Gate()
    loader = VoiceLoader(gate)

    async def main() -> None:
        before = threading.active_count()
        impatient, patient = asyncio.ensure_future(loader.stack()), asyncio.ensure_future(loader.stack())
        assert await asyncio.to_thread(gate.entered.wait, 30)
        # The loader's own, and that of to_thread.
        assert threading.active_count() == before + 2
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        gate.opened.set()
        assert await patient is LIGHT

    asyncio.run(main())
    assert loader.result(30) is LIGHT and gate.calls == 1


def test_a_loop_may_end_before_the_voices_are_loaded() -> None:
    gate = Gate()
    loader = VoiceLoader(gate)

    async def main() -> None:
        asyncio.ensure_future(loader.stack())  # noqa: RUF006
        assert await asyncio.to_thread(gate.entered.wait, 30)

    # Nothing that the loop joins at its end waits for the gate.
    asyncio.run(main())
    assert not loader.ready.is_set()
    gate.opened.set()
    assert loader.result(30) is LIGHT


def test_callbacks_come_once_and_find_it_ready() -> None:
    gate = Gate()
    loader = VoiceLoader(gate)
    seen: list[tuple[VoiceLoader, bool]] = []
    loader.add_done_callback(lambda which: seen.append((which, which.ready.is_set())))
    loader.start()
    assert gate.entered.wait(30)
    assert not seen
    gate.opened.set()
    loader.result(30)
    loader.add_done_callback(lambda which: seen.append((which, which.ready.is_set())))
    for thread in threading.enumerate():
        if thread.name == "rtnb-voice-loader":
            thread.join(30)
    assert seen == [(loader, True), (loader, True)]


def test_the_process_shares_one_until_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader_module, "_shared", {})
    monkeypatch.setenv(VARIABLE, "opera")
    first = shared_loader()
    assert shared_loader() is first
    assert not first.ready.is_set()
    with pytest.raises(ValueError, match="opera"):
        first.result(30)
    monkeypatch.setenv(VARIABLE, "tone")
    second = shared_loader()
    assert second is not first
    assert second.result(30).synthesizer.name == "tone"
    assert shared_loader() is second
