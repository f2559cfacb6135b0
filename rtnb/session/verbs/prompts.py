"""What asides tell the model: templates, Markdown files in ``templates``, to be read and to be replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from rtnb.errors import ConfigError

__all__ = ["NAMES", "aside_prompt", "filled"]

NAMES: Final = ("classify", "moderate", "policy", "transcribe")
"""Templates; ``policy`` is what `moderate` goes by when nobody gives it a policy."""

_PLACE: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@cache
def aside_prompt(name: str) -> str:
    """The template of that name, as Markdown with places such as ``{{labels}}``.

    Raises
    ------
    ConfigError
        There is none.

    Examples
    --------
    >>> aside_prompt("transcribe").splitlines()[0]
    "Transcribe the user's latest spoken turn, word for word."
    """
    if name not in NAMES:
        raise ConfigError(f"There is no prompt {name!r}; there are: {', '.join(NAMES)}.")
    return (files("rtnb.session.verbs") / "templates" / f"{name}.md").read_text("utf-8").strip()


def filled(template: str, values: Mapping[str, str]) -> str:
    """A template with its places filled; places that nobody knows stay as they are, empty lines are dropped.

    Examples
    --------
    >>> filled("Pick one of {{labels}}.", {"labels": "a, b", "more": "unused"})
    'Pick one of a, b.'
    """
    text = _PLACE.sub(lambda found: values.get(found[1], found[0]), template)
    return re.sub(r"\n{3,}", "\n\n", text).strip()
