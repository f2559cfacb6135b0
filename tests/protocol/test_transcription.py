"""Transcription options by model; how updates use them is tested with session_config."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rtnb.protocol
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.problems import Problem
from rtnb.protocol.transcription import transcription_after, transcription_options

DATA = json.loads(Path(rtnb.protocol.__file__).with_name("transcription.json").read_text("utf-8"))


def test_every_model_of_the_catalogue_is_there_with_its_source() -> None:
    assert {name for entry in DATA["models"] for name in entry["names"]} == set(catalogue().transcription_models)
    members = set(catalogue().models["AudioTranscriptionParam"].members)
    for entry in DATA["models"]:
        assert set(entry["source"]) <= set(DATA["sources"]) and set(entry["options"]) < members


@pytest.mark.parametrize("nothing", [None, "", []])
def test_what_is_left_open_is_not_refused(nothing: object) -> None:
    assert not isinstance(transcription_after(None, {"model": "gpt-realtime-whisper", "prompt": nothing}), Problem)


def test_an_option_that_the_model_has_not_is_refused() -> None:
    problem = transcription_after(None, {"model": "gpt-4o-transcribe", "keywords": ["a"]})
    assert isinstance(problem, Problem) and problem.param == "session.audio.input.transcription.keywords"


def test_nothing_is_known_of_other_models() -> None:
    assert transcription_options(None) is None and transcription_options("my-own") is None
