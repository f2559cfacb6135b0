"""Keywords that do not exist, and the ones that take their place: names of the protocol in any of its shapes."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rtnb.errors import ConfigError
from rtnb.protocol.beta_data import beta_data
from rtnb.session.config.checking import unknown_names
from rtnb.session.config.members import MEMBERS
from rtnb.session.config.mixtures import ALSO

__all__ = ["no_such_keyword"]

_ABOUT: Final = {
    "model": "The model is fixed for a connection: connect(model=...) begins a new session with another one.",
    "temperature": "GA has no temperature: leave it out, and say in the instructions how freely to speak.",
}
"""What is the same wherever it is asked for."""


def no_such_keyword(
    unknown: Iterable[str],
    known: Sequence[str],
    *,
    what: str,
    whole: str,
    raw: str,
    about: Mapping[str, str] | None = None,
) -> ConfigError:
    """The error of keywords that do not exist: where what they mean belongs, and all that there are.

    Parameters
    ----------
    unknown : iterable of str
    known : sequence of str
        The keywords that there are.
    what, whole : str
        What they are called, and what their list begins with.
    raw : str
        The keyword that takes an object of the protocol.
    about : mapping, optional
        More sentences about names.

    Examples
    --------
    >>> words = {"what": "setting", "whole": "Settings are", "raw": "session"}
    >>> str(no_such_keyword(["output_modalities"], ["voice", "modalities"], **words))
    "Unknown setting 'output_modalities'. output_modalities is called modalities here. Settings are: voice, modalities."
    """
    names = sorted(map(str, unknown))
    told = {name: words for name in names if (words := _place(name, known, raw, about or {}))}
    return unknown_names(names, known, what, whole, told=told)


def _place(name: str, known: Sequence[str], raw: str, about: Mapping[str, str]) -> str:
    if name in about or name in _ABOUT:
        return about.get(name) or _ABOUT[name]
    keyword = _keywords().get(name)
    if keyword in known:
        return f"{name} is called {keyword} here."
    if name in beta_data().shapes["realtime"].beta_members or name == "audio":
        return f"Members of the protocol's own objects, in any of its shapes, go in {raw}={{{name!r}: ...}}."
    return ""


@functools.cache
def _keywords() -> Mapping[str, str]:
    """Names of the protocol, in both shapes and as tutorials write them, to the keyword that takes their place."""
    by_path = {member.path: keyword for keyword, member in MEMBERS.items()}
    paths: dict[str, tuple[str, ...]] = {path[0]: path for path in by_path if len(path) == 1}
    paths |= {name: path for name, path in ALSO.items() if "." not in name}
    paths |= {field.beta: field.ga for field in beta_data().shapes["realtime"].fields}
    return {name: by_path[path] for name, path in paths.items() if path in by_path}
