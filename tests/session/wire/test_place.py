from __future__ import annotations

from rtnb.session.wire.endpoint import Endpoint
from rtnb.session.wire.place import FixedPlace, Place


def test_an_address_somebody_else_looks_after_needs_nothing() -> None:
    endpoint = Endpoint(url="ws://127.0.0.1:1/", label="here")
    place: Place = FixedPlace(endpoint)
    said: list[tuple[int, int, str]] = []
    assert place.open() is endpoint
    place.warm(lambda done, total, label: said.append((done, total, label)))
    assert place.notes() == ()
    place.close()
    place.close()
    assert place.open() is endpoint
    assert not said
