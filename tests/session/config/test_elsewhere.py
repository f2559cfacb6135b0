"""Names of the protocol that are no keywords: each is told where it belongs."""

from __future__ import annotations

import pytest

from rtnb.session.config.elsewhere import no_such_keyword

WORDS = {"what": "setting", "whole": "Settings are", "raw": "session"}
KNOWN = ("voice", "modalities", "input_format")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("input_audio_format", "input_audio_format is called input_format here."),
        ("output_modalities", "output_modalities is called modalities here."),
        ("model", "connect(model=...) begins a new session"),
        ("temperature", "GA has no temperature"),
        ("audio", "go in session={'audio': ...}."),
        # What it would be called is no keyword here.
        ("output_audio_format", "go in session={'output_audio_format': ...}."),
        ("voise", "'voise' is probably 'voice'."),
    ],
)
def test_a_name_is_told_where_it_belongs(name: str, says: str) -> None:
    said = str(no_such_keyword([name], KNOWN, **WORDS))
    assert said.startswith(f"Unknown setting '{name}'. ") and says in said
    assert said.endswith("Settings are: voice, modalities, input_format.")


def test_what_the_caller_knows_of_a_name_goes_first() -> None:
    error = no_such_keyword(["speed", "model"], KNOWN, **WORDS, about={"speed": "Slowly.", "model": "None."})
    assert str(error).startswith("Unknown setting 'model', 'speed'. None. Slowly. Settings are")


def test_a_name_of_nothing_is_only_named() -> None:
    assert str(no_such_keyword(["zzz"], KNOWN, **WORDS)) == (
        "Unknown setting 'zzz'. Settings are: voice, modalities, input_format."
    )
