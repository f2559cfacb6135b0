from __future__ import annotations

from dataclasses import dataclass

from rtnb.server.watch.sources import Sources
from rtnb.server.workers import Workers


@dataclass
class Box:
    waiting_bytes: int
    waiting_events: int


def test_what_waits_is_summed_up() -> None:
    boxes, workers = [Box(10, 1), Box(32, 2)], Workers(1)
    sources = Sources(workers=workers, outboxes=lambda: boxes, voices_ready=lambda: True, draining=lambda: False)
    assert sources.unsent() == (42, 3)
    boxes.clear()
    assert sources.unsent() == (0, 0)
    workers.close()
