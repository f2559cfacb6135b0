"""Logs of a server that runs as a service: one line a record, as text or as JSON, on the standard error stream."""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO, get_args

from rtnb.errors import ConfigError
from rtnb.server.watch.redaction import loggable, scrubbed
from rtnb.server.watching import SESSION_ID

__all__ = ["WORKER", "JsonLines", "LogFormat", "TextLines", "configure_logs", "uvicorn_log_config"]

LogFormat = Literal["text", "json"]

LEVELS: Final = ("debug", "info", "warning", "error")

WORKER: Final = "RTNB_WORKER"
"""Environment variable with the number of a worker process; unset where there is one process."""

OURS: Final = ("rtnb", "uvicorn", "uvicorn.error", "uvicorn.access")
"""Loggers whose level is set: those of libraries say little that helps, and some say what is secret."""

FRAMES: Final = 12
"""Frames of a traceback that are shown, from where it was raised."""


class JsonLines(logging.Formatter):
    """Each record as one line of JSON: time (ISO 8601, UTC), level, logger, message, session, worker, and the
    record's own ``fields``.

    Parameters
    ----------
    secrets : iterable of str
        Keys that are blanked wherever they stand.

    Examples
    --------
    >>> record = logging.makeLogRecord({"name": "rtnb", "levelname": "INFO", "msg": "hello", "created": 0.0})
    >>> JsonLines().format(record)
    '{"time": "1970-01-01T00:00:00.000Z", "level": "info", "logger": "rtnb", "message": "hello"}'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = _members(record, self._secrets)
        for name, value in line.pop("fields").items():
            line.setdefault(name, value)
        return json.dumps(line, allow_nan=False)


class TextLines(logging.Formatter):
    """Each record as one line for people: time, level, logger, session, message, ``name=value`` for its fields.

    Parameters
    ----------
    secrets : iterable of str
        Keys that are blanked wherever they stand.

    Examples
    --------
    >>> record = logging.makeLogRecord(
    ...     {"name": "rtnb", "levelname": "INFO", "msg": "hello", "created": 0.0, "fields": {"kind": "realtime"}}
    ... )
    >>> TextLines().format(record)
    '1970-01-01T00:00:00.000Z INFO rtnb: hello kind=realtime'
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line = _members(record, self._secrets)
        parts = [line["time"], line["level"].upper()]
        if "worker" in line:
            parts.append(f"worker-{_one_line(line['worker'])}")
        if "session" in line:
            parts.append(_one_line(line["session"]))
        parts += [f"{_one_line(line['logger'])}:", _one_line(line["message"])]
        parts += [f"{_one_line(name)}={_shown(value)}" for name, value in line["fields"].items()]
        parts += [f"{name}={_shown(line[name])}" for name in ("exception", "traceback") if name in line]
        return " ".join(parts)


def configure_logs(
    *, format: LogFormat = "text", level: str = "warning", secrets: Iterable[str] = (), stream: TextIO | None = None
) -> logging.Handler:
    """Set up the logging of this process; a second call replaces what the first set up.

    Parameters
    ----------
    format : {"text", "json"}
        How a record is written.
    level : {"debug", "info", "warning", "error"}
        The least that is written of rtnb and uvicorn; of libraries it is warnings. At ``"info"`` no word of any user
        is written; at ``"debug"`` each event is, transcripts too.
    secrets : iterable of str
        Keys that are blanked wherever they stand; what looks like one is blanked in any case.
    stream : file, optional
        Where to; the standard error stream by default.

    Raises
    ------
    ConfigError
        There is no such format or level.
    """
    if format not in get_args(LogFormat):
        raise ConfigError(f"'{format}' is no format of logs: use {' or '.join(get_args(LogFormat))}.")
    if level not in LEVELS:
        raise ConfigError(f"'{level}' is no level of logs: use one of {', '.join(LEVELS)}.")
    handler = _Handler(stream if stream is not None else sys.stderr)
    keys = tuple(secret for secret in secrets if secret)
    handler.setFormatter(JsonLines(keys) if format == "json" else TextLines(keys))
    root = logging.getLogger()
    for before in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(before)
    root.addHandler(handler)
    for name in OURS:
        logger = logging.getLogger(name)
        logger.setLevel(level.upper())
        logger.handlers.clear()
        logger.propagate = True
    return handler


def uvicorn_log_config() -> dict[str, Any] | None:
    """What ``uvicorn.Config`` is to be given as its ``log_config``: None once :func:`configure_logs` was called."""
    if any(isinstance(each, _Handler) for each in logging.getLogger().handlers):
        return None
    from uvicorn.config import LOGGING_CONFIG

    return LOGGING_CONFIG


class _Handler(logging.StreamHandler[TextIO]):
    """Ours, so that a second configuration finds it."""


def _members(record: logging.LogRecord, secrets: tuple[str, ...]) -> dict[str, Any]:
    when = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    line: dict[str, Any] = {"time": when, "level": record.levelname.lower(), "logger": record.name}
    if session := getattr(record, "session", "") or SESSION_ID.get():
        line["session"] = str(session)
    if worker := os.environ.get(WORKER):
        line["worker"] = worker
    line["message"] = loggable(_message(record), secrets)
    fields = getattr(record, "fields", None)
    line["fields"] = loggable(fields, secrets) if isinstance(fields, dict) else {}
    error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
    if error is not None:
        line["exception"] = loggable(_told(error), secrets)
        line["traceback"] = scrubbed(_frames(error), secrets)
    return line


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception:
        # A format and arguments that do not fit: what is known is worth more than a complaint.
        return str(record.msg)


def _told(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def _frames(error: BaseException) -> str:
    """Where it was raised and how that came, innermost first, in one line."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames))


def _one_line(text: str) -> str:
    # As in JSON, so that no control character or odd end of a line gets out; the quotes are for text with blanks.
    return json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"') if _is_plain(text) else json.dumps(text)[1:-1]


def _is_plain(text: str) -> bool:
    return text.isprintable()


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return value if value and _is_plain(value) and not set(value) & set(' ="\\') else json.dumps(value)
    return json.dumps(value)
