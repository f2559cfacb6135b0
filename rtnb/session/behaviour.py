"""What a session does by itself, on the client's side: nothing of it is sent to the server."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rtnb.errors import ConfigError
from rtnb.session.config.spelled import refuse_unset

__all__ = ["BEHAVIOUR", "Behaviour", "split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Settings of the client's side of a session; keywords of :func:`rtnb.connect` as well.

    Parameters
    ----------
    journal : bool, str or Path
        Whether everything is written to disk as it happens, so that a kernel that is killed loses at most the last
        second; a path says where.
    budget_usd, budget_tokens, max_minutes : float, int, float, optional
        Limits of the whole session: a warning at 80 %, then a refusal to start what would exceed them.
    handover : bool
        Whether a new connection takes over shortly before the server's limit of 60 minutes.
    reconnect : bool
        Whether a connection that drops is opened again, with the conversation rebuilt.
    half_duplex : bool
        Whether silence is sent in place of the user's audio while an answer sounds, against echoes.
    policy : KeepLast or Summarise, optional
        What is done about a conversation that grows too long.
    tracebacks : bool
        Whether the model is shown the traceback of a tool that raised; otherwise it is told the exception alone.
    on_approval : callable, optional
        Decides about a call that an MCP server wants approved: takes the request, returns True or False, or False
        and a reason.
    max_tool_rounds : int
        How often in one turn the model may call tools and be asked again.

    Raises
    ------
    ConfigError
        A limit that is none.

    Examples
    --------
    >>> Behaviour(budget_usd=0.5).budget_usd
    0.5
    """

    journal: bool | str | Path = True
    budget_usd: float | None = None
    budget_tokens: int | None = None
    max_minutes: float | None = None
    handover: bool = True
    reconnect: bool = True
    half_duplex: bool = False
    policy: Any = None
    tracebacks: bool = False
    on_approval: Callable[..., Any] | None = None
    max_tool_rounds: int = 8

    def __post_init__(self) -> None:
        for name in ("budget_usd", "budget_tokens", "max_minutes"):
            limit = getattr(self, name)
            if limit is None:
                continue
            if isinstance(limit, bool) or not isinstance(limit, int | float) or not 0 < limit < math.inf:
                raise ConfigError(f"{name} is a number above 0, or None for no limit, not {limit!r:.60}.")
        for name in ("handover", "reconnect", "half_duplex", "tracebacks"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is True or False, not {getattr(self, name)!r:.60}.")
        rounds = self.max_tool_rounds
        if isinstance(rounds, bool) or not isinstance(rounds, int) or rounds < 0:
            raise ConfigError(f"max_tool_rounds is a whole number from 0 up, not {rounds!r:.60}.")
        if self.on_approval is not None and not callable(self.on_approval):
            raise ConfigError(f"on_approval is a function that decides, not {self.on_approval!r:.60}.")
        journal = self.journal
        if not isinstance(journal, bool | str | Path) or (
            isinstance(journal, str) and (not journal.strip() or "\0" in journal)
        ):
            raise ConfigError(f"journal is True, False or a directory, not {self.journal!r:.60}.")


BEHAVIOUR = tuple(field.name for field in fields(Behaviour))
"""The keywords that are for the client's side."""


def split(settings: Mapping[str, Any]) -> tuple[Behaviour, dict[str, Any]]:
    """The keywords of `connect` for the client's side, and those for the server.

    Examples
    --------
    >>> behaviour, rest = split({"half_duplex": True, "voice": "cedar"})
    >>> behaviour.half_duplex, rest
    (True, {'voice': 'cedar'})
    """
    refuse_unset(settings)
    mine = {name: value for name, value in settings.items() if name in BEHAVIOUR}
    return Behaviour(**mine), {name: value for name, value in settings.items() if name not in mine}


def meant(name: str, known: tuple[str, ...]) -> str:
    """Half a sentence that names what was probably meant; empty where nothing is near.

    Examples
    --------
    >>> meant("instruction", ("instructions", "voice"))
    " Did you mean 'instructions'?"
    """
    near = get_close_matches(name, known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""
