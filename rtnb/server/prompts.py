"""Hosted prompts from a local folder: templates that a session or a response names by id, version and variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rtnb.protocol import Problem
from rtnb.protocol.problems import missing, unknown
from rtnb.server import problems
from rtnb.server.images import image_of_url
from rtnb.server.problems import Refused

__all__ = ["Prompts"]

_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
"""What an id or a version may look like. It becomes a file name, so it must not lead anywhere else."""

_PLACE = re.compile(r"\{\{\s*([A-Za-z0-9_.-]+)\s*\}\}")


class Prompts:
    """Templates in a folder: ``ID.md``, and ``ID@VERSION.md`` for a version of it.

    A template is Markdown with placeholders such as ``{{city}}``. It becomes the instructions, white space around it
    left out.

    Parameters
    ----------
    folder : Path or None
        None where the server has none: every prompt is then refused.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "pmpt_guide.md").write_text("You show people around {{city}}.")
    >>> Prompts(folder).render({"id": "pmpt_guide", "variables": {"city": "Paris"}}, "session.prompt")
    'You show people around Paris.'
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def render(self, prompt: Mapping[str, Any], path: str) -> str:
        """The instructions that a ``prompt`` member stands for.

        Parameters
        ----------
        prompt : mapping
            ``{id, version?, variables?}``, valid.
        path : str
            Where it stands in the client's event, such as ``"session.prompt"``.

        Raises
        ------
        Refused
            There is no such template, or its variables are not those that were given.
        """
        template = self._template(prompt["id"], prompt.get("version"), path)
        given: Mapping[str, Any] = prompt.get("variables") or {}
        wanted = list(dict.fromkeys(_PLACE.findall(template)))
        where = f"{path}.variables"
        for name in wanted:
            if name not in given:
                raise Refused(missing(f"{where}.{name}"))
        for name in given:
            if name not in wanted:
                raise Refused(unknown(f"{where}.{name}"))
        texts = {name: _text(value, f"{where}.{name}") for name, value in given.items()}
        return _PLACE.sub(lambda found: texts[found[1]], template).strip()

    def _template(self, name: str, version: str | None, path: str) -> str:
        if self._folder is None:
            raise Refused(
                Problem(
                    "invalid_value",
                    "This server has no prompts: start it with a folder of templates (rtnb serve --prompts FOLDER).",
                    path,
                )
            )
        label = name if version is None else f"{name}@{version}"
        if _NAME.fullmatch(name) and (version is None or _NAME.fullmatch(version)):
            try:
                return (self._folder / f"{label}.md").read_text(encoding="utf-8")
            except FileNotFoundError:
                pass
            except (OSError, UnicodeDecodeError) as error:
                failure = f"The prompt '{name}' could not be read ({type(error).__name__})."
                raise Refused(problems.server_failure(failure)) from None
        message = f"Prompt with id '{name[:64]}' not found."
        if version is not None:
            message = f"Prompt with id '{name[:64]}' and version '{version[:64]}' not found."
        raise Refused(Problem("invalid_value", message, f"{path}.id" if version is None else f"{path}.version"))


def _text(value: Any, path: str) -> str:
    """What stands for a variable among instructions, which are text: images and files only by what they are."""
    if isinstance(value, str):
        return value
    if value["type"] == "input_text":
        return str(value["text"])
    if value["type"] == "input_file":
        return f"[file {value.get('filename') or value.get('file_id') or 'without a name'}]"
    if (url := value.get("image_url")) is None:
        return "[image]"
    image = image_of_url(url, f"{path}.image_url")
    return f"[{image.kind}, {image.width} x {image.height} pixels]"
