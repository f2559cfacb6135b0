"""The data file of the differences."""

from __future__ import annotations

import json
from pathlib import Path

import rtnb.protocol.beta_data as module
from rtnb.protocol.beta_data import beta_data
from rtnb.protocol.catalogue import catalogue

RAW = json.loads(Path(module.__file__).with_name("beta.json").read_text(encoding="utf-8"))


def test_every_entry_names_a_known_source() -> None:
    for name, entry in RAW.items():
        if name in ("about", "sources"):
            continue
        entries = [entry] if "source" in entry else list(entry.values())
        assert all(inner["source"] in RAW["sources"] for inner in entries if isinstance(inner, dict)), name


def test_ga_names_are_those_of_the_catalogue() -> None:
    data = beta_data()
    known = catalogue()
    assert {*data.renamed_events, *data.dropped_events, *data.kept_events} <= set(known.server_events)
    for shape, model in [("realtime", "realtime_session"), ("response", "response")]:
        members = known.models[known.objects[model]].members
        server_only = {"object", "id", "expires_at"}
        assert {field.ga[0] for field in data.shapes[shape].fields} - server_only <= set(members)
        assert set(members) <= {field.ga[0] for field in data.shapes[shape].fields} | data.shapes[shape].ga_only


def test_no_two_members_share_a_place() -> None:
    for shape in beta_data().shapes.values():
        assert len({field.beta for field in shape.fields}) == len({field.ga for field in shape.fields})


def test_originals_are_the_reverse() -> None:
    data = beta_data()
    assert {data.original_events[beta]: beta for beta in data.original_events} == data.renamed_events
