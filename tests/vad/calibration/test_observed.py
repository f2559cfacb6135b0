"""What was observed."""

from __future__ import annotations

from typing import Any

import pytest

from rtnb import SemanticVad, ServerVad
from rtnb.errors import ConfigError
from rtnb.vad.calibration.observed import Observed


def test_one_setting_from_the_beginning_or_several() -> None:
    one = Observed(bytes(48_000), ServerVad(threshold=0.4), [])
    assert one.settings == ((0.0, ServerVad(threshold=0.4)),)
    many = Observed(bytes(48_000), [(500, None), (0, {"type": "semantic_vad"}), (700.5, ServerVad())], [])
    assert many.settings == ((0.0, SemanticVad()), (500.0, None), (700.5, ServerVad()))
    assert Observed(b"", None, []).settings == ((0.0, None),)


def test_audio_of_several_formats_has_one_length() -> None:
    both = Observed([("audio/pcm", bytes(48_000)), ("g711_ulaw", bytes(8_000))], ServerVad(), [(1, None), (900, 1200)])
    assert both.duration_ms == 2000 and both.turns == ((1, None), (900, 1200)) and both.observed == (both,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"turn_detection": 3}, "turn_detection is"),
        ({"turn_detection": [(0, 3)]}, "turn_detection is"),
        ({"turn_detection": {"type": "loud_vad"}}, "unknown"),
        ({"turns": [3]}, "a turn is a pair"),
        ({"turns": [(None, 3)]}, "a turn is a pair"),
        ({"turns": [(float("nan"), 3)]}, "a turn is a pair"),
        ({"format": "audio/opus"}, "no audio format"),
    ],
)
def test_what_cannot_be(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Observed(**({"audio": bytes(9600), "turn_detection": ServerVad(), "turns": []} | change))
