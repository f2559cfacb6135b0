"""Who gets the next connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.server.cluster.sharing import Load, choose, shares


@given(st.integers(0, 1000), st.integers(1, 64))
def test_the_parts_of_a_limit_are_the_limit(limit: int, workers: int) -> None:
    parts = [part for part in shares(limit, workers) if part is not None]
    assert sum(parts) == limit and len(parts) == workers
    assert max(parts) - min(parts) <= 1 and parts == sorted(parts, reverse=True)


@given(
    st.integers(1, 8),
    st.none() | st.integers(0, 20),
    st.lists(st.tuples(st.sampled_from(["open", "close", "http"]), st.integers(0, 99)), max_size=60),
)
def test_sessions_are_spread_and_find_room_while_there_is_any(
    workers: int, limit: int | None, events: list[tuple[str, int]]
) -> None:
    parts = shares(limit, workers)
    sessions, others = [0] * workers, [0] * workers
    for event, number in events:
        loads = [Load(sessions=sessions[at], others=others[at], limit=parts[at]) for at in range(workers)]
        place = choose(loads)
        if event == "http":
            others[place] += 1
        elif event == "open":
            room = [at for at in range(workers) if parts[at] is None or sessions[at] < (parts[at] or 0)]
            if not room:
                continue
            assert place in room and sessions[place] == min(sessions[at] for at in room)
            sessions[place] += 1
        elif sessions[number % workers]:
            sessions[number % workers] -= 1


def test_what_is_on_its_way_counts_and_plain_http_only_breaks_ties() -> None:
    assert choose([Load(fresh=1), Load()]) == 1
    assert choose([Load(sessions=1, others=0), Load(others=50)]) == 1
    assert choose([Load(others=1), Load()]) == 1
    assert choose([Load(sessions=2, limit=2), Load(sessions=2, others=9, limit=3)]) == 1
