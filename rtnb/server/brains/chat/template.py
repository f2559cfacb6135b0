"""The prompt that turns a chat model into a voice: a Markdown file with slots and sections.

``{{instructions}}`` is a slot. What stands between ``{{#audio}}`` and ``{{/audio}}`` is there only when the answer
will be spoken. Comments (``<!-- -->``) are for whoever reads the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final, Self

from rtnb.errors import ConfigError

__all__ = ["SECTIONS", "SLOTS", "Template"]

SLOTS: Final = ("instructions", "modality", "tools")
"""What a template can name: the session's instructions, ``audio`` or ``text``, and the names of the tools."""

SECTIONS: Final = ("audio", "text", "instructions", "tools")
"""What a section can depend on: how the answer is given, and whether there are instructions or tools."""

_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_MARK: Final = re.compile(r"\{\{\s*([#/]?)\s*([^{}]*?)\s*\}\}")
_BLANKS: Final = re.compile(r"\n[ \t]*\n\s*\n")


@dataclass(frozen=True, slots=True)
class Template:
    """A system prompt with slots.

    Parameters
    ----------
    text : str
        Markdown.
    source : str
        Where it comes from, for messages.

    Raises
    ------
    ConfigError
        A slot is unknown or a section is not closed; the message names the line.

    Examples
    --------
    >>> template = Template("{{#audio}}Speak.{{/audio}}{{#text}}Write.{{/text}} {{instructions}}")
    >>> template.render(instructions="Be kind.", modality="audio")
    'Speak. Be kind.'
    """

    text: str
    source: str = "the template"

    def __post_init__(self) -> None:
        text = self._bare()
        opened: list[tuple[str, int]] = []
        for found in _MARK.finditer(text):
            kind, name = found[1], found[2]
            line = text.count("\n", 0, found.start()) + 1
            if name not in (SECTIONS if kind else SLOTS):
                what, known = ("section", SECTIONS) if kind else ("slot", SLOTS)
                raise ConfigError(
                    f"{self.source}, line {line}: there is no {what} {name!r:.80}; there are {', '.join(known)}."
                )
            if kind == "#":
                opened.append((name, line))
            elif kind == "/":
                if not opened or opened[-1][0] != name:
                    raise ConfigError(f"{self.source}, line {line}: {{{{/{name}}}}} closes no open section.")
                opened.pop()
        if opened:
            name, line = opened[-1]
            raise ConfigError(f"{self.source}, line {line}: {{{{#{name}}}}} is never closed by {{{{/{name}}}}}.")

    @classmethod
    def load(cls, given: Path | str | None) -> Self:
        """The template of a file, of a text, or rtnb's own.

        Parameters
        ----------
        given : Path, str or None
            A string of several lines, or with a slot, is the text itself; any other is the name of a file.

        Raises
        ------
        ConfigError
            The file cannot be read, or something in it is wrong.
        """
        if given is None:
            return cls((files("rtnb.server.brains.chat") / "voice.md").read_text("utf-8"), "voice.md")
        if isinstance(given, str) and ("\n" in given or "{{" in given):
            return cls(given)
        if not isinstance(given, str | Path) or not str(given).strip():
            raise ConfigError(
                "The template of the chat brain is a file, or a text with a slot such as {{instructions}}."
            )
        try:
            return cls(Path(given).read_text("utf-8"), str(given))
        except (OSError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigError(f"The template {str(given)!r:.200} cannot be read: {reason}.") from None

    def render(self, *, instructions: str = "", modality: str = "audio", tools: tuple[str, ...] = ()) -> str:
        """The system prompt; empty where nothing of it is left."""
        values = {"instructions": instructions.strip(), "modality": modality, "tools": ", ".join(tools)}
        true = {modality} | {name for name in ("instructions", "tools") if values[name]}
        return _rendered(self._bare(), values, true)

    def _bare(self) -> str:
        """Without comments, whose lines stay, so that lines can be named."""
        return _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), self.text)


def _rendered(text: str, values: Mapping[str, str], true: set[str]) -> str:
    # The layout is tidied before anything is filled in, so that instructions stay as they were written.
    kept, hidden, at = [], 0, 0
    for found in _MARK.finditer(text):
        if not hidden:
            kept.append(text[at : found.start()])
        at = found.end()
        if found[1] == "#":
            hidden += hidden > 0 or found[2] not in true
        elif found[1] == "/":
            hidden -= hidden > 0
        elif not hidden:
            kept.append(found[0])
    kept.append(text[at:])
    tidy = _BLANKS.sub("\n\n", "".join(kept))
    return _MARK.sub(lambda found: values[found[2]], tidy).strip()
