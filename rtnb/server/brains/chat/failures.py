"""What can go wrong with a chat endpoint, as the error of a response.

A message says what happened and what to do. It may quote what the endpoint said, shortened and without the key.
"""

from __future__ import annotations

import json
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rtnb.server.brains.base import BrainError

__all__ = ["Failures", "told_by"]

QUOTED_CHARS: Final = 300
"""How much of what an endpoint says is passed on."""
READ_CHARS: Final = 8192
"""How much of it is looked at for that: error pages begin with white space."""
MASKED_CHARS: Final = 6
"""So much of a long key's beginning is taken for the key."""

_KEYS: Final = re.compile(r"(?i)(bearer\s+)\S+|\b((?:sk|pk|gsk|xai|hf)[-_])[\w*.-]{6,}+")
_KEY_BEGUN: Final = re.compile(r"(?i)(?:bearer\s++\S*+|bearer|\b(?:sk|pk|gsk|xai|hf)[-_][\w*.-]{0,5}+)\s*+\Z")
"""At the end of a text that was cut."""
_TITLE: Final = re.compile(r"<title[^<>]{0,200}+>([^<]{0,1000}+)", re.IGNORECASE)

_CONTEXT: Final = re.compile(r"(?i)context[ _-]?(?:length|size|window)|maximum context")


class Failures:
    """Makes the errors of one endpoint.

    Parameters
    ----------
    where : str
        Its address.
    model : str
        What was asked for.
    key : str or None
        Never in a message.

    Examples
    --------
    >>> failures = Failures("http://127.0.0.1:8080/v1/chat/completions", "m", "secret-key")
    >>> error = failures.of_status(503, '{"error": {"message": "no secret-key today"}}', {})
    >>> error.code, str(error)[-66:]
    ('chat_unavailable', 'has failed (HTTP status 503). It says: "no [key] today" Try again.')
    """

    def __init__(self, where: str, model: str, key: str | None) -> None:
        self._where, self._model, self._key = where, model, key
        # Some endpoints mask the middle of a key and show its ends.
        long = key is not None and len(key) > 2 * MASKED_CHARS
        self._masked = re.compile(re.escape(key[:MASKED_CHARS]) + r"[\w*.•…-]*+") if key and long else None

    def clean(self, text: str, most_chars: int = QUOTED_CHARS) -> str:
        """`text` in one line, without the key, and only then shortened."""
        cut = len(text) > READ_CHARS
        if cut:
            text = self.before_cut(text[:READ_CHARS])
        if self._key:
            text = text.replace(self._key, "[key]")
        if self._masked:
            text = self._masked.sub("[key]", text)
        text = " ".join(_KEYS.sub(lambda found: f"{found[1] or found[2]}[key]", text).split())
        return text[: most_chars - 1] + "…" if cut or len(text) > most_chars else text

    def before_cut(self, text: str) -> str:
        """A text that was cut, without what may be the beginning of a key at its end."""
        key = self._key or ""
        for length in range(min(len(key), len(text)), 0, -1):
            if text.endswith(key[:length]):
                # The whole key is not the beginning of one.
                text = text if length == len(key) else text[:-length]
                break
        return _KEY_BEGUN.sub("", text)

    def _error(self, code: str, message: str, said: str = "", advice: str = "") -> BrainError:
        quoted = f' It says: "{self.clean(said)}"' if said.strip() else ""
        return BrainError(f"{message}{quoted}{advice and ' ' + advice}", code=code)

    def of_connection(self, error: BaseException) -> BrainError:
        """There is no answer. Errors of the HTTP library may quote headers, so none is quoted here."""
        import httpx

        if isinstance(error, httpx.ConnectTimeout):
            return self._error(
                "chat_unreachable",
                f"No connection to the chat endpoint {self._where} could be made in time.",
                advice="Is the address right, and does the network let you out?",
            )
        if isinstance(error, httpx.ConnectError) and (reason := _tls(error)) is not None:
            return self._error(
                "chat_unreachable",
                f"No encrypted connection to the chat endpoint {self._where} could be made ({reason}).",
                advice="Use http:// for a server without encryption; look at its certificate and the system's clock.",
            )
        if isinstance(error, httpx.ConnectError) and any(isinstance(each, socket.gaierror) for each in _causes(error)):
            return self._error(
                "chat_unreachable",
                f"The name of the chat endpoint {self._where} is not known here.",
                advice="Is it written right, and is there a network?",
            )
        if isinstance(error, httpx.ConnectError | httpx.ProxyError):
            return self._error(
                "chat_unreachable",
                f"Nobody answers at the chat endpoint {self._where}.",
                advice="Is the model server running, and is the address right?",
            )
        if isinstance(error, httpx.DecodingError):
            return self.nonsense("compressed data that cannot be unpacked")
        if isinstance(error, httpx.RemoteProtocolError):
            return self.broken()
        if isinstance(error, httpx.HTTPError | OSError):
            return self._error(
                "chat_unreachable",
                f"The connection to the chat endpoint {self._where} broke before it answered ({type(error).__name__}).",
                advice="Is the model server well?",
            )
        return self._error(
            "chat_failed", f"The chat endpoint {self._where} could not be asked ({type(error).__name__})."
        )

    def broken(self) -> BrainError:
        """The answer has no end."""
        return self._error(
            "chat_broken",
            f"The chat endpoint {self._where} broke off in the middle of its answer.",
            advice="Try again.",
        )

    def silent(self, seconds: float) -> BrainError:
        """Nothing has come at all."""
        return self._error(
            "chat_timeout",
            f"The chat endpoint {self._where} has not begun to answer in {seconds:g} s.",
            advice="Is it loading the model, or busy? timeout_s (--chat-timeout-s) says how long is waited.",
        )

    def stalled(self, seconds: float) -> BrainError:
        """Nothing more comes."""
        return self._error(
            "chat_stalled",
            f"The chat endpoint {self._where} has stopped in the middle of its answer: nothing has come for "
            f"{seconds:g} s.",
            advice="Try again.",
        )

    def endless(self, seconds: float) -> BrainError:
        """It goes on and on."""
        return self._error(
            "chat_timeout",
            f"The chat endpoint {self._where} has not ended its answer in {seconds:g} s.",
            advice="total_s says how long an answer may take; max_tokens how long it may be.",
        )

    def brooding(self, chars: int) -> BrainError:
        """The model thinks and thinks."""
        return self._error(
            "chat_timeout",
            f"The model {self._model!r:.100} has not ended its thoughts after more than {chars} characters.",
            advice="Try again, or let it think less.",
        )

    def nonsense(self, what: str, said: str = "") -> BrainError:
        """It answers, but not as a chat endpoint does."""
        return self._error(
            "chat_nonsense",
            f"The chat endpoint {self._where} answers with {what}, which is no chat completion.",
            said,
            "Is that the address of an OpenAI-compatible endpoint?",
        )

    def empty(self, *, thought: bool) -> BrainError:
        """It answers with nothing."""
        after = " after thinking" if thought else ""
        return self._error(
            "chat_empty", f"The model {self._model!r:.100} answered with nothing at all{after}.", advice="Try again."
        )

    def bad_call(self, what: str) -> BrainError:
        """A call of a tool that cannot be made."""
        return self._error("chat_bad_call", f"The model {self._model!r:.100} {self.clean(what)}.", advice="Try again.")

    def in_stream(self, error: Any) -> BrainError:
        """An error in place of the rest of an answer whose status was 200."""
        code = str(error.get("code")) if isinstance(error, Mapping) else ""
        status = int(code) if re.fullmatch("[45][0-9][0-9]", code) else None
        if status is not None or _quota(error):
            return self.of_status(status or 429, json.dumps({"error": error}), {})
        return self._error("chat_failed", f"The chat endpoint {self._where} has failed.", told_by(error), "Try again.")

    def of_status(self, status: int, body: str, headers: Mapping[str, str]) -> BrainError:
        """Any HTTP status but 200."""
        said = _said(body)
        endpoint = f"The chat endpoint {self._where}"
        if status in (401, 403):
            key = "its key is not accepted" if self._key else "it asks for a key"
            return self._error(
                "chat_unauthorized",
                f"{endpoint} refuses the request (HTTP status {status}): {key}, or not for this model.",
                said,
                "The key is what RTNB_CHAT_KEY holds.",
            )
        if status == 404:
            return self._error(
                "chat_not_found",
                f"{endpoint} has no such address, or no model {self._model!r:.100} (HTTP status 404).",
                said,
                "Compare the model with those that the endpoint lists at /v1/models.",
            )
        if status == 413:
            return self._error(
                "chat_too_large",
                f"The request was too large for {endpoint[0].lower() + endpoint[1:]} (HTTP status 413).",
                said,
                "Send fewer or smaller images, or set context_tokens.",
            )
        if status == 429:
            if (code := _quota(body)) is not None:
                return self._error(code, f"{endpoint} has no quota left (HTTP status 429).", said)
            after = headers.get("retry-after", "").strip()
            # RFC 9110, section 10.2.3: seconds, or a date.
            when = f" in {after} s" if after.isdecimal() else f" after {self.clean(after)}" if after else " later"
            return self._error(
                "rate_limit_exceeded",
                f"{endpoint} takes no more requests for now (HTTP status 429).",
                said,
                f"Try again{when}.",
            )
        if status >= 500:
            return self._error("chat_unavailable", f"{endpoint} has failed (HTTP status {status}).", said, "Try again.")
        if 300 <= status < 400:
            return self._error(
                "chat_moved",
                f"{endpoint} sends requests elsewhere (HTTP status {status}), where the key may not go.",
                advice=f"Set the address that it names: {self.clean(headers.get('location', 'none'))}",
            )
        if _CONTEXT.search(said):
            advice = "Set context_tokens (--chat-context-tokens) to the model's window."
            message = f"The conversation is too long for the model at {self._where} (HTTP status {status})."
            return self._error("context_length_exceeded", message, said, advice)
        return self._error("chat_refused", f"{endpoint} refuses the request (HTTP status {status}).", said)


def told_by(error: Any) -> str:
    """The message of an error, in whichever of the usual shapes it comes.

    Examples
    --------
    >>> told_by({"error": {"message": "no such model"}}), told_by({"detail": "Not Found"}), told_by("busy")
    ('no such model', 'Not Found', 'busy')
    """
    if isinstance(error, str):
        return error
    if isinstance(error, Mapping):
        for name in ("error", "message", "detail", "msg"):
            if error.get(name):
                return told_by(error[name])
        return ""
    if isinstance(error, list) and error:
        return told_by(error[0])
    return ""


def _said(body: str) -> str:
    try:
        return told_by(json.loads(body))
    except ValueError:
        pass
    # A page of a proxy: its title says what is the matter.
    if (title := _TITLE.search(body)) is not None:
        return title[1]
    return "" if "<" in body[:200] else body


def _quota(error: object) -> str | None:
    text = error if isinstance(error, str) else json.dumps(error, default=str)
    return "insufficient_quota" if "insufficient_quota" in text else None


def _tls(error: BaseException) -> str | None:
    """What failed about TLS, if it is that."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return str(getattr(cause, "verify_message", None) or getattr(cause, "reason", None) or "TLS")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what led to it."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
