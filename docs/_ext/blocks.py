"""Fenced blocks that the site fills from the code: names of a module, options of a command, events.

On the code host such a block reads as the list that it is.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import public

from rtnb import cli, protocol
from rtnb.protocol.explain import explain

__all__ = ["BLOCK", "EVENTS", "commands", "filled"]

EVENTS: dict[str, dict[str, Any]] = json.loads(
    (Path(protocol.__file__).parent / "explained" / "events.json").read_text(encoding="utf-8")
)

BLOCK = re.compile(
    r"^```\{(?P<kind>names|options|events)\} *(?P<about>\S+)\n(?P<inside>.*?)^```$", re.DOTALL | re.MULTILINE
)


def filled(text: str) -> str:
    """A page with its blocks filled."""
    makers = {"names": _names, "options": _options, "events": _events}
    return BLOCK.sub(lambda found: makers[found["kind"]](found["about"], found["inside"].split()), text)


def _rst(lines: Iterator[str]) -> str:
    return "\n".join(["````{eval-rst}", *lines, "````"])


def _names(module: str, names: list[str]) -> str:
    """A table of the names, each with its first sentence, then each at length."""
    return _rst(_names_rst(module, names))


def _names_rst(module: str, names: list[str]) -> Iterator[str]:
    yield from (f".. py:currentmodule:: {module}", "")
    if len(names) > 1:
        yield from (".. list-table::", "   :widths: 30 70", "   :class: names", "")
        for name in names:
            yield f"   * - :py:obj:`~{module}.{name}`"
            yield f"     - {_first_sentence(module, name)}"
        yield ""
    for name in names:
        yield from _entry(module, name)


def _entry(module: str, name: str) -> Iterator[str]:
    owner, _, member = name.rpartition(".")
    found = getattr(importlib.import_module(f"{module}.{owner}" if owner else module), member)
    full = f"{module}.{name}"
    if not owner and (home := public.same(module, name)):
        kind = "class" if inspect.isclass(found) else "function"
        yield from (f".. py:{kind}:: {name}", "", f"   Is :py:obj:`{home}`.", "")
    elif inspect.isclass(found) and issubclass(found, BaseException):
        yield from (f".. autoexception:: {full}", "   :show-inheritance:", "   :no-inherited-members:", "")
    elif inspect.isclass(found):
        yield from (f".. autoclass:: {full}", "")
    elif callable(found) and hasattr(found, "__wrapped__"):
        signature = str(inspect.signature(found)).replace("'", "")
        yield from (f".. autofunction:: {full}{signature}", "")
    elif inspect.isroutine(found):
        yield from (f".. autofunction:: {full}", "")
    else:
        said = public.comment_on(module, name)
        value = [f"   :value: {found!r}"] if isinstance(found, public.PLAIN) else []
        yield from (f".. py:data:: {name}", *value, "", *(f"   {line}" for line in said), "")


def _first_sentence(module: str, name: str) -> str:
    owner, _, member = name.rpartition(".")
    found = getattr(importlib.import_module(f"{module}.{owner}" if owner else module), member)
    data = not (inspect.isclass(found) or callable(found))
    lines = public.comment_on(module, name) if data else (inspect.getdoc(found) or "").splitlines()
    paragraph = " ".join(line.strip() for line in "\n".join(lines).split("\n\n")[0].splitlines())
    return re.split(r"(?<=[.;:])\s", paragraph)[0].rstrip(".:;")


def commands() -> dict[str, argparse.ArgumentParser]:
    """The commands of ``rtnb`` on the shell."""
    parser = cli._parser()
    (found,) = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return dict(found.choices)


def _options(command: str, _: list[str]) -> str:
    """How a command is called, and a table of its options."""
    return "\n".join(_command_lines(commands()[command]))


def _command_lines(parser: argparse.ArgumentParser) -> Iterator[str]:
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=88)  # type: ignore[assignment]
    yield from ("```none", parser.format_usage().removeprefix("usage: ").strip(), "```", "")
    if parser.description:
        yield from (_escaped(parser.description), "")
    for group in parser._action_groups:
        rows = [each for each in group._group_actions if each.help is not argparse.SUPPRESS]
        rows = [each for each in rows if "--help" not in each.option_strings]
        if not rows:
            continue
        title, *rest = _escaped(group.title or "options")
        yield from (f"**{title.upper()}{''.join(rest)}**", "", "| | |", "| --- | --- |")
        for action in rows:
            yield f"| {_invocation(action)} | {_help(parser, action)} |"
        yield ""


def _invocation(action: argparse.Action) -> str:
    names = action.option_strings or [str(action.metavar or action.dest)]
    value = ""
    if action.option_strings and action.nargs != 0:
        value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
        value = " " + (" ".join(value) if isinstance(value, tuple) else str(value))
    return " ".join(f"`{name}{value}`".replace("|", "\\|") for name in names)


def _help(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    said = parser._get_formatter()._expand_help(action) if action.help else ""
    return _escaped(" ".join(said.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Words that are not markup."""
    paired = text.count("`") % 2 == 0
    parts = re.split(r"(`[^`]+`)", textwrap.dedent(text)) if paired else [text]
    return "".join(each if at % 2 else re.sub(r"([*_<>\[\]`$\\])", r"\\\1", each) for at, each in enumerate(parts))


def _events(group: str, _: list[str]) -> str:
    """Every event of a group of the catalogue."""
    return "\n".join(line for name, said in EVENTS[group].items() for line in _event_lines(group, name, said))


def _event_lines(group: str, name: str, said: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"({_anchor(group, name)})=", "", f"### `{name}`", "", _escaped(said["means"]), "")
    if said.get("do"):
        yield from (f"- **Do:** {_escaped(said['do'])}",)
    if group in ("client", "server"):
        found = explain(name)
        if found.beta and found.beta != name:
            yield f"- **Beta name:** `{found.beta}`"
        yield f"- **Members:** {', '.join(_member(*member) for member in found.members)}"
    for label in ("before", "after"):
        if said.get(label):
            yield f"- **Usually {label}:** {', '.join(_event_link(group, each) for each in said[label])}"
    yield ""


def _member(name: str, kind: str) -> str:
    return f"`{name}`" + (f" ({_escaped(kind)})" if kind and name != "type" else "")


def _event_link(group: str, name: str) -> str:
    order = (group, "client", "server", "translation_client", "translation_server")
    home = next((each for each in order if name in EVENTS[each]), None)
    return f"`{name}`" if home is None else f"[`{name}`](#{_anchor(home, name)})"


def _anchor(group: str, name: str) -> str:
    return re.sub(r"[^a-z]+", "-", f"event-{group}-{name}".lower())
