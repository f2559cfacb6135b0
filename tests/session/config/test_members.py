from __future__ import annotations

import pytest

from rtnb.protocol.catalogue import catalogue
from rtnb.session.config.keywords import SETTINGS
from rtnb.session.config.members import MEMBERS
from rtnb.session.config.overrides import OVERRIDES


def test_every_keyword_has_a_place() -> None:
    elsewhere = {"logprobs", "session", "input", "response"}
    assert {*SETTINGS, *OVERRIDES} - elsewhere == set(MEMBERS)


@pytest.mark.parametrize("name", MEMBERS)
def test_every_place_is_one_of_the_protocol(name: str) -> None:
    member = MEMBERS[name]
    assert member.path[-1] in catalogue().models[member.model].members
    assert member.valid


def test_every_member_of_a_session_has_a_keyword() -> None:
    known = catalogue().models
    paths = {member.path for member in MEMBERS.values()}
    top = set(known["RealtimeSessionCreateRequestParam"].members) - {"type", "model", "audio"}
    assert {(name,) for name in top} <= paths
    for side, model in (("input", "RealtimeAudioConfigInputParam"), ("output", "RealtimeAudioConfigOutputParam")):
        assert {("audio", side, name) for name in known[model].members} <= paths
