"""Lines of the log: one a record, each of which parses, with its session and without secrets."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.server.watch.logs import WORKER, JsonLines, TextLines, configure_logs, uvicorn_log_config
from rtnb.server.watching import SESSION_ID


def failing(message: str) -> Any:
    try:
        raise LookupError(message)
    except LookupError as error:
        return type(error), error, error.__traceback__


anything = st.recursive(
    st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.builds(object)),
    lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner),
    max_leaves=8,
)


@given(st.text(), st.text(), st.dictionaries(st.text(), anything), st.text())
def test_any_record_is_one_line_that_parses(message: str, name: str, fields: Any, failure: str) -> None:
    record = logging.makeLogRecord(
        {"name": name, "levelname": "INFO", "msg": "%s", "args": (message,), "fields": fields, "session": "sess_1"}
    )
    record.exc_info = failing(failure)
    line = JsonLines().format(record)
    told = json.loads(line)
    assert len(line.splitlines()) == 1 and line.isascii()
    assert told["session"] == "sess_1" and told["exception"].startswith("LookupError: ")
    assert set(fields) <= set(told) or len(fields) > 250 or any(len(key) > 300 for key in fields)
    text = TextLines().format(record)
    assert len(text.splitlines()) == 1 and text.isprintable()


def test_a_record_of_a_format_that_does_not_fit_is_still_told() -> None:
    record = logging.makeLogRecord({"msg": "so %d %d", "args": ("many",)})
    assert json.loads(JsonLines().format(record))["message"] == "so %d %d"


def test_the_session_and_the_worker_are_told(stream: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKER, "2")
    configure_logs(format="json", level="info", secrets=("sesame", ""), stream=stream)
    token = SESSION_ID.set("sess_9")
    logging.getLogger("rtnb.server").info("the key is %s", "sesame", extra={"fields": {"kind": "x", "level": "mine"}})
    SESSION_ID.reset(token)
    logging.getLogger("rtnb.server").debug("not wanted")
    logging.getLogger("httpx").info("nor this")
    logging.getLogger("uvicorn.error").warning("uvicorn says\nsomething", exc_info=failing("sesame"))
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert (first["session"], first["worker"], first["kind"], first["level"]) == ("sess_9", "2", "x", "info")
    assert first["message"] == "the key is [redacted]" and first["time"].endswith("Z")
    assert "session" not in second and second["logger"] == "uvicorn.error"
    assert second["exception"] == "LookupError: [redacted]" and "failing (" in second["traceback"]


def test_text_for_people(stream: io.StringIO) -> None:
    configure_logs(level="info", stream=stream)
    configure_logs(level="info", stream=stream)
    fields = {"model": "gpt-realtime-2.1", "note": "two words\n", "code": None, "took_ms": 3.5}
    logging.getLogger("rtnb.server.watch").info("session opened", extra={"session": "sess_1", "fields": fields})
    (line,) = stream.getvalue().splitlines()
    _, _, rest = line.partition(" ")
    assert rest == (
        'INFO sess_1 rtnb.server.watch: session opened model=gpt-realtime-2.1 note="two words\\n" code=null took_ms=3.5'
    )


def test_uvicorn_is_left_alone_unless_logs_are_configured(stream: io.StringIO) -> None:
    assert uvicorn_log_config() is not None
    configure_logs(stream=stream)
    assert uvicorn_log_config() is None


@pytest.mark.parametrize(
    ("setting", "named"), [({"format": "xml"}, "text or json"), ({"level": "loud"}, "debug, info")]
)
def test_bad_settings_are_named(setting: Any, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        configure_logs(**setting)
