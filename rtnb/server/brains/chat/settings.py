"""How a chat endpoint is asked."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal, Self

from rtnb.errors import ConfigError
from rtnb.server.brains.chat.address import endpoint_of
from rtnb.server.brains.chat.template import Template

__all__ = ["KEY_VARIABLE", "MODEL_VARIABLE", "URL_VARIABLE", "ChatSettings"]

URL_VARIABLE: Final = "RTNB_CHAT_URL"
MODEL_VARIABLE: Final = "RTNB_CHAT_MODEL"
KEY_VARIABLE: Final = "RTNB_CHAT_KEY"

_OWN: Final = frozenset({"messages", "stream", "model", "tools", "tool_choice", "n"})
"""Members of the request's body that are the brain's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Settings of a :class:`ChatBrain`.

    Parameters
    ----------
    url : str
        The endpoint: a server, the path of its API, or the whole address (see :func:`endpoint_of`).
    model : str
        What the endpoint calls the model.
    key : str, optional
        Sent as a bearer token; by default what ``RTNB_CHAT_KEY`` holds, and none where it is not set. Never shown.
    template : Path or str, optional
        The system prompt, a file or its text (a string of several lines or with a slot); rtnb's own by default.
    timeout_s : float
        How long the first token is waited for. A local server may have to load the model first.
    stall_s : float
        How long each further token is waited for.
    total_s : float
        How long the endpoint may take for one answer, all waiting together. The time in which nobody listens, because
        the audio before is still being played, does not count.
    connect_s : float
        How long a connection is waited for.
    temperature : float, optional
        From 0 to 2; the endpoint's own by default.
    max_tokens : int, optional
        The longest answer in tokens; a response's own ``max_output_tokens`` may be lower.
    max_tokens_member : {"max_tokens", "max_completion_tokens"}
        What the endpoint calls the longest answer; some models know only the second.
    context_tokens : int, optional
        The model's window, in tokens. What is older than fits is left out; by default the session alone cuts.
    images : bool
        Whether the model sees. If not, images are mentioned in words.
    thinks : bool
        Whether each answer begins inside of a thought, because the server's chat template opens it in the prompt and
        only ``</think>`` is streamed. Nothing is said before that. Without this such thoughts are taken for the
        answer, and spoken, before anything shows what they are; a server that keeps thoughts apart needs none of it.
    extra : mapping
        Further members of the request's body, such as ``{"seed": 7}``.

    Raises
    ------
    ConfigError
        One of them cannot be used.

    Examples
    --------
    >>> ChatSettings(url="http://127.0.0.1:11434", model="llama3.2", key="secret").endpoint
    'http://127.0.0.1:11434/v1/chat/completions'
    """

    url: str
    model: str
    key: str | None = field(default=None, repr=False)
    template: Path | str | None = None
    timeout_s: float = 60.0
    stall_s: float = 20.0
    total_s: float = 600.0
    connect_s: float = 5.0
    temperature: float | None = None
    max_tokens: int | None = None
    max_tokens_member: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    context_tokens: int | None = None
    images: bool = True
    thinks: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        endpoint_of(self.url)
        if not isinstance(self.model, str) or not self.model.strip():
            raise ConfigError(f"The chat brain needs the name of a model: set model, or {MODEL_VARIABLE}.")
        _check_key(self.key)
        for name in ("timeout_s", "stall_s", "total_s", "connect_s"):
            _check_number(name, getattr(self, name), least=0.0, most=math.inf, above=True)
        if self.temperature is not None:
            _check_number("temperature", self.temperature, least=0.0, most=2.0)
        for name in ("max_tokens", "context_tokens"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
                raise ConfigError(f"{name} is a whole number of tokens from 1, not {value!r:.80}.")
        if not isinstance(self.thinks, bool):
            raise ConfigError(f"thinks is True or False, not {self.thinks!r:.80}.")
        if self.max_tokens_member not in ("max_tokens", "max_completion_tokens"):
            raise ConfigError(
                f"max_tokens_member is max_tokens or max_completion_tokens, not {self.max_tokens_member!r:.80}."
            )
        if not isinstance(self.extra, Mapping) or not all(isinstance(name, str) for name in self.extra):
            raise ConfigError("extra is a mapping of members of the request's body, by name.")
        if taken := sorted(_OWN & set(self.extra)):
            raise ConfigError(f"extra cannot set {', '.join(taken)}: the chat brain does.")
        try:
            json.dumps(dict(self.extra), allow_nan=False)
        except (ValueError, TypeError):
            raise ConfigError("extra holds something that JSON cannot say.") from None
        self.prompt()

    @classmethod
    def from_environment(cls, **members: Any) -> Self:
        """The settings given; for the address and the model that are not, ``RTNB_CHAT_URL`` and ``RTNB_CHAT_MODEL``.

        A member that is None is one that is not given.

        Raises
        ------
        ConfigError
            Neither is there, or one of the settings cannot be used.

        Examples
        --------
        >>> ChatSettings.from_environment(url="http://127.0.0.1:8080", model="qwen3", timeout_s=None).timeout_s
        60.0
        """
        known = {each.name for each in fields(cls)}
        if strange := sorted(set(members) - known):
            raise ConfigError(f"The chat brain has no setting {strange[0]!r:.80}; it has {', '.join(sorted(known))}.")
        given = {name: value for name, value in members.items() if value is not None}
        for name, variable, option, example in (
            ("url", URL_VARIABLE, "--chat-url", "http://127.0.0.1:11434/v1"),
            ("model", MODEL_VARIABLE, "--chat-model", "llama3.2"),
        ):
            given.setdefault(name, os.environ.get(variable, "").strip())
            if not given[name]:
                raise ConfigError(
                    f"The chat brain needs {name}: set {variable} (for example {example}), give {option}, or write "
                    f"ChatBrain({name}={example!r})."
                )
        return cls(**given)

    @property
    def endpoint(self) -> str:
        """The whole address."""
        return endpoint_of(self.url)

    @property
    def secret(self) -> str | None:
        """The key to send, if there is one."""
        key = os.environ.get(KEY_VARIABLE, "").strip() if self.key is None else self.key
        _check_key(key)
        return key or None

    def prompt(self) -> Template:
        """The template of the system prompt, read anew."""
        return Template.load(self.template)


def _check_key(key: object) -> None:
    """HTTP libraries quote a header that they cannot send, so a key that is none is refused before."""
    if key is None:
        return
    if not isinstance(key, str) or not all("!" <= char <= "~" for char in key):
        raise ConfigError(f"The key of the chat endpoint ({KEY_VARIABLE}) holds white space or a strange character.")


def _check_number(name: str, value: object, *, least: float, most: float, above: bool = False) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if number and least <= value <= most and not (above and value == least):  # type: ignore[operator]
        return
    span = "a number of seconds above 0" if above else f"a number from {least:g} to {most:g}"
    raise ConfigError(f"{name} is {span}, not {value!r:.80}.")
