from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.pricing import rate_book
from rtnb.protocol.catalogue import catalogue
from rtnb.session.config.keywords import DEFAULT_MODEL, DEFAULT_TRANSCRIPTION
from rtnb.session.config.models import models, shutdown_note

DAY = date(2026, 11, 21)


def test_every_name_of_the_protocol_and_of_the_price_table_is_there() -> None:
    names = set(models(on=DAY, past=True).names)
    assert names >= {*catalogue().realtime_models, *catalogue().transcription_models}
    assert "gpt-realtime-translate" in names
    assert "gpt-live-1" not in names, "it speaks another protocol"


def test_nothing_is_told_twice_differently() -> None:
    for row in models(on=DAY, past=True):
        rates = rate_book().at(row.name, DAY)
        if rates is not None:
            assert (row.context_tokens, row.max_output_tokens) == (rates.context_tokens, rates.max_output_tokens)
            assert rates.shutdown is None or row.shutdown == rates.shutdown, row.name


def test_the_defaults_have_no_shutdown_date_and_the_replacements_neither() -> None:
    table = models(on=DAY, past=True)
    assert table[DEFAULT_MODEL].shutdown is None and table[DEFAULT_TRANSCRIPTION].shutdown is None
    for row in table.ending():
        assert row.successor, row.name
        assert table[row.successor].shutdown is None, row.name
        assert table[row.successor].kind == row.kind, row.name


def test_facts_of_some_models() -> None:
    table = models(on=DAY)
    best = table["gpt-realtime-2.1"]
    assert (best.kind, best.context_tokens, best.reasoning) == ("realtime", 128000, True)
    assert best.price == "audio $32 in, $64 out / 1M tokens"
    assert table["gpt-realtime"].reasoning is False and table["gpt-audio-mini"].shutdown == date(2027, 1, 20)
    whisper = table["whisper-1"]
    assert (whisper.kind, whisper.reasoning, whisper.options) == ("transcription", None, ("language", "prompt"))
    assert whisper.price == "$0.006 / minute"
    assert table[0].name == "gpt-realtime-2.1" and table[:2][0] is table[0]
    with pytest.raises(KeyError):
        table["gpt-realtime-9"]


def test_what_was_shut_down_is_listed_on_request() -> None:
    old = "gpt-4o-realtime-preview-2024-10-01"
    assert old not in models(on=DAY).names and old in models(on=DAY, past=True).names
    assert old in models(on="2024-11-01").names
    assert {row.kind for row in models("transcription", on=DAY)} == {"transcription"}


@pytest.mark.parametrize(("kind", "on", "says"), [("speech", DAY, "no kind of model"), ("all", "soon", "soon")])
def test_wrong_arguments(kind: str, on: object, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        models(kind, on=on)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "on", "says"),
    [
        (
            "gpt-realtime",
            "2026-11-21",
            "is shut down on 2027-01-20, in 60 days. Its replacement is 'gpt-real",
        ),
        ("gpt-realtime-mini", "2027-01-19", "in 1 day. Its replacement is 'gpt-realtime-2.1-mini'."),
        ("gpt-realtime", "2027-01-20", "is shut down today, 2027-01-20."),
        ("gpt-realtime", "2027-01-21", "was shut down on 2027-01-20."),
        (
            "gpt-4o-realtime-preview",
            "2026-11-21",
            "was shut down on 2026-05-07. Its replacement is 'gpt-re",
        ),
        ("whisper-1", "2026-12-01", "is shut down on 2027-02-26, in 87 days. Its replacement is 'gpt-transcribe'."),
    ],
)
def test_the_note_names_the_day_and_the_replacement(model: str, on: str, says: str) -> None:
    note = shutdown_note(model, on)
    assert note is not None and note.startswith(repr(model)) and says in note


@pytest.mark.parametrize("model", ["gpt-realtime-2.1", "gpt-transcribe", "my-own", "", "gpt-realtime-3"])
def test_nothing_is_said_of_models_without_an_announced_end(model: str) -> None:
    assert shutdown_note(model, DAY) is None


@given(st.integers(-500, 500))
def test_it_is_said_from_ninety_days_before(days: int) -> None:
    note = shutdown_note("gpt-realtime", date(2027, 1, 20) - timedelta(days=days))
    assert (note is not None) == (days <= 90)


def test_the_table_as_text_and_as_a_frame() -> None:
    table = models(on=DAY)
    assert len(repr(table).splitlines()) == len(table) + 1
    frame = table.to_frame()
    assert len(frame) == len(table) and frame.set_index("name").loc["gpt-realtime", "shutdown"].year == 2027
