"""Members of events by name: where they are, what they hold, what they mean, and what the beta shape called them."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.beta_problems import param_to_beta
from rtnb.protocol.catalogue import catalogue
from rtnb.protocol.explanation import Explanation
from rtnb.protocol.places import Place, places

__all__ = ["beta_members", "beta_paths", "members", "paths", "read", "value_names", "values"]


@functools.cache
def read(name: str) -> Any:
    """One of the files with explanations."""
    path = Path(__file__).parent / "explained" / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8"))


@functools.cache
def paths() -> Mapping[str, Place]:
    """Those of the catalogue, and those of the server events of translation sessions, which it lacks."""
    found = dict(places())
    for kind, row in read("events")["translation_server"].items():
        for path in row["members"]:
            old = found.get(path, Place(path, frozenset(), ()))
            found[path] = replace(old, events=old.events | {kind})
    return found


def members(name: str, within: str = "") -> list[Explanation]:
    """Everything at a path, or with that name at the end of its path; `within` one kind of event, if it is given."""
    exact = [path for path in paths() if path == name and "." in name]
    fitting = exact or [path for path in paths() if path == name or path.endswith(f".{name}")]
    groups: dict[int, dict[str, set[str]]] = {}
    for path in fitting:
        for kind in paths()[path].events & {within} if within else paths()[path].events:
            groups.setdefault(_row_at(path, kind), {}).setdefault(path, set()).add(kind)
    return [_member(name, read("fields")["rows"][row], where) for row, where in sorted(groups.items())]


def _member(name: str, row: Mapping[str, Any], where: Mapping[str, set[str]]) -> Explanation:
    shown = sorted(where, key=lambda path: (path.count("."), path))
    old = dict.fromkeys(param_to_beta(path) for path in shown)
    types = dict.fromkeys(part for path in shown for words in paths()[path].types for part in words.split(" | "))
    return Explanation(
        name=name if len(shown) > 1 else shown[0], kind="member", means=row["means"], do=row["do"],
        type=" | ".join(types), places=tuple(shown), events=tuple(sorted(set().union(*where.values()))),
        values=tuple(row.get("values", {}).items()), beta=", ".join(path for path in old if path not in where),
    )  # fmt: skip


@functools.cache
def _row_at(path: str, kind: str) -> int:
    """Which row is about `path` in events of that kind: the longest that fits, one for the event before others."""
    data = read("fields")
    for root, item in data["same"].items():
        if path.startswith(f"{root}."):
            path = f"{item}{path.removeprefix(root)}"
    fits = [
        ((row["path"].count("."), "in" in row), at)
        for at, row in enumerate(data["rows"])
        if (path == row["path"] or path.endswith(f".{row['path']}")) and kind in row.get("in", (kind,))
    ]
    return max(fits)[1]


@functools.cache
def beta_paths() -> Mapping[str, str]:
    """Paths of the beta shape to GA ones, where they differ; to nothing where GA has no such thing."""
    found: dict[str, str] = dict.fromkeys(read("fields")["beta_only"], "")
    roots = {"realtime": "session", "transcription": "session", "response_create": "response", "response": "response"}
    for shape, root in roots.items():
        for field in beta_data().shapes[shape].fields:
            ga = ".".join(field.ga)
            if ga != field.beta:
                found[f"{root}.{field.beta}"] = f"{root}.{ga}"
    return found


def beta_members(name: str) -> list[Explanation]:
    """Members by the name that they had in the beta shape."""
    found = []
    for old, ga in beta_paths().items():
        for asked in (name, f"session.{name}", f"response.{name}"):
            if asked == old and not ga:
                row = read("fields")["beta_only"][old]
                found.append(Explanation(name=old, kind="beta member", means=row["means"], do=row["do"], places=(old,)))
            elif asked == old or (asked.startswith(f"{old}.") and ga):
                path = ga + asked[len(old) :]
                found += [replace(one, name=asked, kind="beta member", ga=path, beta="") for one in members(path)]
    return found


def values(name: str) -> list[Explanation]:
    """What a value means, with the member that takes it."""
    found = []
    for row in read("fields")["rows"]:
        if name in row.get("values", {}):
            where = row["path"]
            means = f"A value of {where}. {row['values'][name]}"
            found.append(Explanation(name=name, kind="value", means=means, do=row["do"], see=(where,)))
    for row in read("fields")["beta_values"]:
        if row["name"] == name:
            where, means = row["at"], f"A value of {row['at']} in the beta shape. {row['means']}"
            found.append(
                Explanation(name=name, kind="beta value", means=means, do=row["do"], ga=row["ga"], see=(where,))
            )
    return [*found, *_catalogued(name)]


def _catalogued(name: str) -> list[Explanation]:
    """Models and voices by their names."""
    known = catalogue()
    models = {"session.model": known.realtime_models, "transcription.model": known.transcription_models}
    found = [
        Explanation(
            name=name, kind="value", means=f"A model: a value of {where}.", see=(where,),
            do="rtnb.models() tells what it costs and until when it is there.",
        )
        for where, names in models.items() if name in names
    ]  # fmt: skip
    if name in known.voices:
        means = "A built-in voice: a value of audio.output.voice."
        do = "Set it before the first answer: it is locked afterwards."
        found.append(Explanation(name=name, kind="value", means=means, do=do, see=("audio.output.voice",)))
    return found


def value_names() -> list[str]:
    """Every value that has a meaning of its own."""
    data, known = read("fields"), catalogue()
    named = [value for row in data["rows"] for value in row.get("values", ())]
    named += [row["name"] for row in data["beta_values"]]
    return [*named, *known.realtime_models, *known.transcription_models, *known.voices]
