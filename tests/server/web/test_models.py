"""Names of models."""

from __future__ import annotations

import re
from datetime import datetime
from typing import get_args

import pytest
from openai.types.audio.speech_model import SpeechModel
from openai.types.embedding_model import EmbeddingModel
from openai.types.shared import ChatModel

from rtnb.pricing.prices.rates import RateBook
from rtnb.protocol.catalogue import catalogue
from rtnb.server.web.models import default_model, is_realtime, listed_models


@pytest.mark.parametrize("model", catalogue().realtime_models)
def test_every_realtime_model_of_the_catalogue_is_taken(model: str) -> None:
    assert is_realtime(model) and is_realtime(model, strict=True)


@pytest.mark.parametrize("model", catalogue().transcription_models)
def test_no_transcription_model_is(model: str) -> None:
    assert not is_realtime(model) and not is_realtime(model, strict=True)


@pytest.mark.parametrize("model", [*get_args(ChatModel), *get_args(EmbeddingModel), *get_args(SpeechModel)])
def test_no_model_of_other_kinds_that_the_openai_package_names_is(model: str) -> None:
    assert is_realtime(model) == (model in catalogue().realtime_models)


@pytest.mark.parametrize("model", ["", "foo-bar", "gpt-9", "GPT", "real-time", "x" * 5000])
def test_no_unheard_of_name_of_another_family_is(model: str) -> None:
    assert not is_realtime(model)


@pytest.mark.parametrize("model", sorted(RateBook.of_package().models()))
def test_every_name_of_the_price_table_is_what_it_is_there(model: str) -> None:
    kinds = {row.kind for row in RateBook.of_package().rows(model)}
    assert is_realtime(model) == (not kinds or "speech_to_speech" in kinds)


def test_the_list_is_whole_sorted_and_dated() -> None:
    models = {model["id"]: model for model in listed_models()}
    assert list(models) == sorted(models)
    assert {*catalogue().realtime_models, *catalogue().transcription_models} <= set(models)
    assert models["gpt-realtime"]["shutdown_date"] == "2027-01-20"
    assert models["gpt-realtime-2.1"]["shutdown_date"] is None
    assert models["gpt-realtime"]["created"] == 1756339200
    assert all(model["object"] == "model" for model in models.values())


def test_the_default_is_a_realtime_model_that_stays() -> None:
    assert is_realtime(default_model(), strict=True)
    assert {model["id"]: model["shutdown_date"] for model in listed_models()}[default_model()] is None


def test_a_name_that_only_stood_for_others_ends_with_the_last_of_them() -> None:
    ends = {model["id"]: model["shutdown_date"] for model in listed_models()}
    assert ends["gpt-4o-realtime-preview"] == "2026-05-07"
    # Its own row ends before that of the snapshot behind it.
    assert ends["gpt-4o-mini-realtime-preview"] == "2026-05-07"
    assert ends["gpt-4o-mini-realtime-preview-2024-12-17"] == "2027-01-20"


def test_a_dated_name_was_created_on_its_date() -> None:
    dated = 0
    for model in listed_models():
        if found := re.search(r"-(\d{4}-\d\d-\d\d)$", model["id"]):
            dated += 1
            assert model["created"] == int(datetime.fromisoformat(f"{found[1]}T00:00:00+00:00").timestamp())
    assert dated >= 9
