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
        ({"audio": bytes(5)}, "5 bytes are no whole number of samples of audio/pcm"),
        ({"audio": [("audio/pcmu", bytes(5)), ("audio/pcm", bytes(7))]}, "7 bytes are no whole"),
        ({"turns": [(0, 5), (500, 100)], "name": "talk"}, "'talk': the turn .* at 500 ms ends before it, at 100 ms"),
        ({"turns": [(-20, 100)]}, "cannot start at -20 ms"),
        ({"turns": [(20_000, None)]}, r"speech_started at 20000 ms is 19\.8 s beyond .* which is 0\.2 s long"),
        ({"turns": [(0, 10_800)]}, r"speech_stopped at 10800 ms is 10\.6 s beyond"),
    ],
)
def test_what_cannot_be(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Observed(**({"audio": bytes(9600), "turn_detection": ServerVad(), "turns": []} | change))


def test_what_lies_a_little_beyond_the_audio_is_taken() -> None:
    """Its end may be missing, a lag may bring it there, and the silence that ends a turn is part of it."""
    patient = ServerVad(silence_duration_ms=3000)
    assert Observed(bytes(9600), patient, [(200, 13_000)]).turns == ((200, 13_000),)
    assert Observed(bytes(5), ServerVad(), [], format="audio/pcma").duration_ms == 0.625


def test_more_can_be_known_of_it() -> None:
    one = Observed(bytes(9600), ServerVad(), [(1, 2)], notes=["first"])
    more = one.noted("second")
    assert (one.notes, more.notes) == (("first",), ("first", "second")) and more.turns == one.turns
