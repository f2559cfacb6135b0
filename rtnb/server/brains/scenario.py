"""Scenario files: YAML or JSON as plain values that know where they stand, so that a mistake can be pointed at.

YAML is read by the rules of YAML 1.2's core schema rather than PyYAML's of 1.1: ``on`` and ``no`` are words,
``12:30`` is no number and ``2026-11-21`` no date.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, Final, NoReturn

from rtnb.errors import ConfigError

__all__ = ["Node", "read_scenario"]

_LARGEST_BYTES: Final = 4 * 1024 * 1024
_DEEPEST: Final = 40
_LARGEST_NUMBER: Final = 10**9
_CORE: Final = (
    # YAML 1.2.2, 10.3.2: the core schema, but for octal and hexadecimal numbers and leading zeros: 007 is a word.
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
)
_SLOT: Final = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*(?::number)?")
_HINTS: Final = (
    # What PyYAML says of a text that has a colon in it, or that begins with a slot or a quotation.
    ("mapping values are not allowed here", "put the text in quotes"),
    ("expected <block end>, but found '<scalar>'", "put the whole text in quotes"),
)


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a scenario and where it stands.

    Parameters
    ----------
    value : object
        A scalar, a list of nodes, or a dict of str to node.
    file, path : str
        Such as ``"booking.yaml"`` and ``"rules[0].say"``.
    line : int or None
        Counted from 1.
    slot : str
        ``"{city}"`` where the file has that without quotes, which YAML reads as a mapping; else empty.

    Examples
    --------
    >>> Node.of({"say": ["Hello!"]}).value["say"].value[0].path
    'say[0]'
    """

    value: Any
    file: str
    path: str
    line: int | None = None
    slot: str = ""

    @classmethod
    def of(cls, value: Any, *, file: str = "scenario", path: str = "") -> Node:
        """Nodes of plain values, which have no lines."""
        if isinstance(value, Mapping):
            members = {str(k): cls.of(v, file=file, path=_under(path, str(k))) for k, v in value.items()}
            return cls(members, file, path)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes):
            return cls([cls.of(v, file=file, path=f"{path}[{i}]") for i, v in enumerate(value)], file, path)
        return cls(value, file, path)

    def fail(self, text: str) -> NoReturn:
        """Raise :class:`ConfigError` about this place."""
        line = f", line {self.line}" if self.line else ""
        where = f" ({self.path})" if self.path else ""
        raise ConfigError(f"{self.file}{line}{where}: {text}")

    def members(self, known: Collection[str], what: str) -> dict[str, Node]:
        """The members of a mapping, none but `known`."""
        if not isinstance(self.value, dict):
            self.fail(f"{what} is a mapping with some of {', '.join(known)}, not {_kind(self.value)}.")
        for key, node in self.value.items():
            if key not in known:
                node.fail(f"{what} has no {key!r:.60}; there are {', '.join(known)}.")
        return dict(self.value)

    def items(self, what: str) -> list[Node]:
        """The elements of a list."""
        if not isinstance(self.value, list):
            self.fail(f"{what} is a list, not {_kind(self.value)}.")
        return list(self.value)

    def text(self, what: str) -> str:
        """A string; numbers are taken for one."""
        if isinstance(self.value, int | float) and not isinstance(self.value, bool):
            return str(self.value)
        if not isinstance(self.value, str):
            self.fail(f"{what} is text, not {_kind(self.value)}.")
        return self.value

    def number(self, what: str, *, least: float = 0, whole: bool = False) -> float:
        """A number from `least` up, to a thousand million."""
        value = self.value
        kinds = int if whole else int | float
        if not isinstance(value, kinds) or isinstance(value, bool) or not least <= value <= _LARGEST_NUMBER:
            shown = f"{value!r:.40}" if not isinstance(value, dict | list) else _kind(value)
            too_large = isinstance(value, kinds) and not isinstance(value, bool) and value > _LARGEST_NUMBER
            upwards = f"{least:g} to {_LARGEST_NUMBER}" if too_large else f"{least:g} up"
            self.fail(f"{what} is a {'whole ' if whole else ''}number from {upwards}, not {shown}.")
        return value

    def flag(self, what: str) -> bool:
        """True or false."""
        if not isinstance(self.value, bool):
            self.fail(f"{what} is true or false, not {_kind(self.value)}.")
        return self.value

    def plain(self) -> Any:
        """The value without places."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        return [node.plain() for node in self.value] if isinstance(self.value, list) else self.value

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        below = self.value.values() if isinstance(self.value, dict) else self.value
        for node in below if isinstance(self.value, dict | list) else ():
            yield from node.walk()


def read_scenario(path: Path, *, what: str = "scenario") -> Node:
    """Read a YAML or JSON file; `what` it is, for messages.

    Raises
    ------
    ConfigError
        It cannot be read, with the line.
    """
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(f"The {what} {str(path)!r:.300} cannot be read: {reason}.") from None
    if len(data) > _LARGEST_BYTES:
        raise ConfigError(f"The {what} {str(path)!r:.300} is larger than {_LARGEST_BYTES // 1024**2} MiB.")
    if path.suffix.lower() == ".json":
        try:
            json.loads(text)
        except (ValueError, RecursionError) as error:
            line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
            raise ConfigError(f"{path.name}{line}: no JSON: {error}.") from None
        # JSON is YAML but for tabs, which JSON has only between values.
        text = text.replace("\t", " ")
    return _composed(text, path.name)


def _composed(text: str, file: str) -> Node:
    import yaml

    try:
        root = yaml.compose(text, Loader=_loader())
    except yaml.MarkedYAMLError as error:
        raise ConfigError(f"{file}{_explained(error)}") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{file}: no YAML: {' '.join(str(error).split())}") from None
    return Node(None, file, "", 1) if root is None else _node(root, file, "", 0)


def _explained(error: Any) -> str:
    """Where PyYAML stopped, why, and in the middle of what."""
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    line = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = error.problem or error.context
    hint = "".join(f"; {advice}" for said, advice in _HINTS if said in problem)
    since = f", which begins in line {began.line + 1}" if began else ""
    context = f" ({error.context}{since})" if error.context and error.problem else ""
    return f"{line}: no YAML: {problem}{hint}{context}."


@cache
def _loader() -> Any:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        yaml_implicit_resolvers: ClassVar[dict[str, list[Any]]] = {}

    for name, pattern, first in _CORE:
        letters = ["" if c == "\0" else c for c in first]
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(f"^(?:{pattern})$"), letters)
    return Loader


def _node(found: Any, file: str, path: str, depth: int) -> Node:
    import yaml

    line = found.start_mark.line + 1
    if depth > _DEEPEST:
        Node(None, file, path, line).fail("this is nested too deeply.")
    if isinstance(found, yaml.MappingNode):
        members: dict[str, Node] = {}
        for key, value in found.value:
            name = _string(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not isinstance(key, yaml.ScalarNode):
                Node(None, file, path, key.start_mark.line + 1).fail("a key is a word.")
            # The line of the key is where one looks, even if the value begins below it.
            node = _node(value, file, _under(path, name), depth + 1)
            node = replace(node, line=key.start_mark.line + 1)
            if name in members:
                node.fail(f"{name!r:.60} is there twice.")
            members[name] = node
        return Node(members, file, path, line, _bare_slot(found))
    if isinstance(found, yaml.SequenceNode):
        items = [_node(value, file, f"{path}[{i}]", depth + 1) for i, value in enumerate(found.value)]
        return Node(items, file, path, line)
    return Node(_scalar(found.tag.rpartition(":")[2], found.value), file, path, line)


def _bare_slot(found: Any) -> str:
    """The slot that a mapping such as ``{city}`` or ``{n:number}`` was meant to be; ``{city: }`` is none."""
    if not found.flow_style or len(found.value) != 1:
        return ""
    ((key, value),) = found.value
    # An empty value stands where the next sign does; after a colon that was written, right behind the colon.
    bare = key.end_mark.buffer[: value.start_mark.index].rstrip().endswith(key.value)
    slot = key.style is None and value.value == "" and value.tag.endswith(":null") and _SLOT.fullmatch(key.value)
    return f"{{{key.value}}}" if bare and slot else ""


def _scalar(tag: str, text: str) -> Any:
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text)
        case "float":
            return float(text)
    return _string(text)


def _string(text: str) -> str:
    """Pairs of surrogates, as JSON may write characters beyond the first plane, put together."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _under(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _kind(value: object) -> str:
    names = {dict: "a mapping", list: "a list", str: "text", type(None): "nothing", bool: "true or false"}
    return names.get(type(value), "a number")
