"""Everything rtnb raises on purpose.

::

    RtnbError
    ├── ConfigError (ValueError)         a setting that cannot be used
    │   └── LabelsError                  labels that cannot be read or do not fit the recording
    ├── MissingExtraError (ImportError)  an optional part is not installed
    ├── ModelError                       a bundled model cannot be used
    │   └── WeightsError                 its weights are not the ones rtnb was built with
    ├── AudioError (ValueError)          samples or a file that cannot become a Clip
    │   └── AudioFileError (OSError)     the file is missing or unreadable
    ├── RecordingError (ValueError)      a file that is not a recording of rtnb
    └── SessionError
        ├── SessionClosedError           the session is over
        │   └── ConnectionLostError      the connection dropped in the middle of a turn
        ├── UnreachableError (OSError)   nobody answers at that address
        ├── RefusedError                 a server answers and will not have us
        ├── ApiError                     an ``error`` event of the server
        ├── AnswerTimeoutError (TimeoutError)  the server does not acknowledge an event
        ├── TurnTimeoutError (TimeoutError)  the turn took longer than allowed
        ├── TranscriptionError           nothing of a recording could be transcribed
        ├── BudgetError                  what was asked for would exceed the budget
        └── LoopThreadError (RuntimeError)   a blocking verb was called where it would wait for itself

Each message says what happened and what to do next. No message carries a key.

Examples
--------
>>> import rtnb
>>> from rtnb.errors import AudioFileError
>>> try:
...     rtnb.Clip.load("no-such-file.wav")
... except AudioFileError as error:
...     print(str(error).splitlines()[0])
There is no file 'no-such-file.wav'.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

__all__ = [
    "AnswerTimeoutError",
    "ApiError",
    "AudioError",
    "AudioFileError",
    "BudgetError",
    "ConfigError",
    "ConnectionLostError",
    "LabelsError",
    "LoopThreadError",
    "MissingExtraError",
    "ModelError",
    "RecordingError",
    "RefusedError",
    "RtnbError",
    "SessionClosedError",
    "SessionError",
    "TranscriptionError",
    "TurnTimeoutError",
    "UnreachableError",
    "WeightsError",
]


class RtnbError(Exception):
    """Base of all exceptions of rtnb.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.replay("no-such-talk.rtnb")
    ... except rtnb.errors.RtnbError as error:      # whatever rtnb raises
    ...     print(error)
    There is no recording 'no-such-talk.rtnb'.
    """


class ConfigError(RtnbError, ValueError):
    """A setting that cannot be used; the message lists what can.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.ServerVad(threshold=2)
    ... except rtnb.errors.ConfigError as error:
    ...     print(error)
    ServerVad(threshold=2): threshold is a number from 0 to 1.
    """


class LabelsError(ConfigError):
    """Labels that cannot be read, or that do not belong to the recording; the message names file and line.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.LabelsError, rtnb.errors.ConfigError)
    True
    """


class MissingExtraError(RtnbError, ImportError):
    """An optional part is not installed; the message names the extra that brings it.

    Examples
    --------
    >>> from rtnb.widgets.extras import needed
    >>> try:
    ...     needed("no_such_package", "The microphone")
    ... except MissingExtraError as error:
    ...     print(str(error).splitlines()[0])
    The microphone needs the package no_such_package, which cannot be imported here.
    """


class ModelError(RtnbError):
    """A bundled model cannot be used.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.WeightsError, rtnb.errors.ModelError)
    True
    """


class WeightsError(ModelError):
    """Model weights are not, byte for byte, the ones that rtnb was built and tested with.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from rtnb.speech.weights import verify
    >>> try:
    ...     verify("hibari-heart", root=Path(tempfile.mkdtemp()))
    ... except WeightsError as error:
    ...     print(str(error).splitlines()[-1])
    Mend it with: pip install --force-reinstall --no-deps "hibari-tts==0.2.1"
    """


class AudioError(RtnbError, ValueError):
    """Samples that cannot become a :class:`rtnb.Clip`.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.Clip.from_pcm16(b"odd")
    ... except rtnb.errors.AudioError as error:
    ...     print(error)
    16-bit PCM has two bytes a sample; 3 bytes cannot be whole samples.
    """


class AudioFileError(AudioError, OSError):
    """An audio file is missing or cannot be read or written.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.Clip.load("no-such-file.wav")
    ... except rtnb.errors.AudioFileError as error:
    ...     print(str(error).splitlines()[0])
    There is no file 'no-such-file.wav'.
    """


class RecordingError(RtnbError, ValueError):
    """A file that is not a recording made by rtnb.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.replay(rtnb.sample("weather_question"))
    ... except rtnb.errors.RecordingError as error:
    ...     print(str(error).splitlines()[-1])
    It looks like a sound file.
    """


class SessionError(RtnbError):
    """Something about a session went wrong.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.ApiError, rtnb.errors.SessionError)
    True
    """


class SessionClosedError(SessionError):
    """The session is closed; what it recorded stays readable.

    Examples
    --------
    >>> import rtnb
    >>> s = rtnb.connect(modalities=["text"])
    >>> s.close()
    >>> try:
    ...     s.ask("Are you there?")
    ... except rtnb.errors.SessionClosedError as error:
    ...     print(error)
    The session is closed. What was recorded stays readable; rtnb.connect() opens a new one.
    """


class ConnectionLostError(SessionClosedError):
    """The connection dropped in the middle of a turn; what had arrived by then stays in the turn.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.ConnectionLostError, rtnb.errors.SessionClosedError)
    True
    """


class UnreachableError(SessionError, OSError):
    """Nobody answers at the address of the endpoint.

    Examples
    --------
    >>> import rtnb
    >>> try:
    ...     rtnb.connect("ws://127.0.0.1:9/v1/realtime")
    ... except rtnb.errors.UnreachableError as error:
    ...     print(str(error).splitlines()[0])
    Nobody answers at ws://127.0.0.1:9/v1/realtime (connection refused).
    """


class RefusedError(SessionError):
    """A server answered and refused the connection.

    Attributes
    ----------
    code : str or None
        The error code of the API, such as ``"invalid_api_key"``, or None.
    close_code : int or None
        The WebSocket close code or the HTTP status, or None.

    Examples
    --------
    >>> import rtnb
    >>> from rtnb.testing import RtnbServer
    >>> with RtnbServer() as server:
    ...     try:
    ...         rtnb.connect(server.url, key="not-the-key")
    ...     except rtnb.errors.RefusedError as error:
    ...         print(error.code, error.close_code)
    invalid_api_key 3000
    """

    def __init__(self, message: str, *, code: str | None = None, close_code: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.close_code = close_code


class ApiError(SessionError):
    """An ``error`` event of the server, raised by the verb that caused it.

    Attributes
    ----------
    code, type, param : str or None
        As the server sent them.
    event_id : str or None
        The client event that the server complains about.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     try:
    ...         s.items.delete("item_nowhere")
    ...     except rtnb.errors.ApiError as error:
    ...         print(error.code)
    item_delete_invalid_item_id
    """

    def __init__(self, error: Mapping[str, Any], *, advice: str = "") -> None:
        self._wire, self._advice = dict(error), advice
        self.code: str | None = error.get("code")
        self.type: str | None = error.get("type")
        self.param: str | None = error.get("param")
        self.event_id: str | None = error.get("event_id")
        message = str(error.get("message") or "The server sent an error without a message.")
        label = f" ({self.code})" if self.code else ""
        super().__init__(f"{message}{label}" + (f"\n{advice}" if advice else ""))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are rebuilt from their message, which is not what this one is made of; worker processes send them.
        return functools.partial(type(self), self._wire, advice=self._advice), ()


class AnswerTimeoutError(SessionError, TimeoutError):
    """The server did not acknowledge an event in time.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.AnswerTimeoutError, TimeoutError)
    True
    """


class TurnTimeoutError(SessionError, TimeoutError):
    """A turn took longer than the caller allowed; the turn itself goes on.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"]) as s:
    ...     turn = s.send("What is server VAD?")
    ...     try:
    ...         turn.wait(timeout=0)
    ...     except rtnb.errors.TurnTimeoutError as error:
    ...         print(str(error).partition(".")[0])
    The turn is not over after 0 s
    """


class TranscriptionError(SessionError):
    """All that was said in a recording failed to be transcribed; the transcript with its audio stays in the session.

    Attributes
    ----------
    errors : tuple of str
        What the server said of each utterance.

    Examples
    --------
    >>> import rtnb
    >>> rtnb.errors.TranscriptionError("Nothing could be transcribed.", errors=("too noisy",)).errors
    ('too noisy',)
    """

    def __init__(self, message: str, *, errors: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors


class BudgetError(SessionError):
    """What was asked for would exceed the session's budget, and was not sent.

    Attributes
    ----------
    limit : str
        Which limit it is: ``"budget_usd"``, ``"budget_tokens"`` or ``"max_minutes"``; empty where none is named.
    spent, next_at_least, allowed : float or None
        What was spent, what the next response takes at least, and the limit, in the limit's own unit.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"], budget_usd=0.000001) as s:
    ...     try:
    ...         s.ask("What is server VAD?")
    ...     except rtnb.errors.BudgetError as error:
    ...         print(error.limit, error.allowed)
    budget_usd 1e-06
    """

    def __init__(
        self,
        message: str,
        *,
        limit: str = "",
        spent: float | None = None,
        next_at_least: float | None = None,
        allowed: float | None = None,
    ) -> None:
        super().__init__(message)
        self.limit = limit
        self.spent = spent
        self.next_at_least = next_at_least
        self.allowed = allowed


class LoopThreadError(SessionError, RuntimeError):
    """A blocking verb was called on the very thread that would have to do the work.

    Examples
    --------
    >>> import rtnb
    >>> issubclass(rtnb.errors.LoopThreadError, RuntimeError)
    True
    """


def __dir__() -> list[str]:
    # For the Tab key: what this module imports is nobody's error.
    return sorted(__all__)
