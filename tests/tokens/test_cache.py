from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.tokens import CACHE_GRAIN_TOKENS, ModalityCount, Segment, TokenUsage, cached_prefix

SEGMENTS = st.lists(
    st.builds(
        Segment,
        st.sampled_from("abcdef"),
        st.builds(ModalityCount, st.integers(0, 300), st.integers(0, 300), st.integers(0, 300)),
    ),
    max_size=12,
)


def total(segments: list[Segment]) -> ModalityCount:
    return sum((segment.count for segment in segments), ModalityCount())


@given(SEGMENTS, SEGMENTS)
def test_never_more_than_was_given_before_or_is_given_now(previous: list[Segment], current: list[Segment]) -> None:
    cached = cached_prefix(previous, current)
    for name in ("text", "audio", "image"):
        got = getattr(cached, name)
        assert got % CACHE_GRAIN_TOKENS == 0
        assert 0 <= got <= min(getattr(total(previous), name), getattr(total(current), name))


@given(SEGMENTS, SEGMENTS)
def test_all_of_an_unchanged_beginning_but_less_than_a_grain(previous: list[Segment], more: list[Segment]) -> None:
    cached = cached_prefix(previous, previous + more)
    for name in ("text", "audio", "image"):
        assert 0 <= getattr(total(previous), name) - getattr(cached, name) < CACHE_GRAIN_TOKENS


@given(SEGMENTS, SEGMENTS)
def test_it_does_not_matter_which_came_first(a: list[Segment], b: list[Segment]) -> None:
    assert cached_prefix(a, b) == cached_prefix(b, a)


@given(SEGMENTS, SEGMENTS, SEGMENTS)
def test_a_change_hides_all_that_follows(start: list[Segment], a: list[Segment], b: list[Segment]) -> None:
    before = [*start, Segment("old", ModalityCount(text=1)), *a]
    after = [*start, Segment("new", ModalityCount(text=1)), *b]
    assert cached_prefix(before, after) == cached_prefix(start, start)


@given(SEGMENTS)
def test_the_first_response_finds_nothing(current: list[Segment]) -> None:
    assert cached_prefix([], current) == ModalityCount()


def test_a_truncated_item_is_another_item() -> None:
    settings = Segment("settings", ModalityCount(text=640))
    whole, cut = Segment("item_1", ModalityCount(audio=640)), Segment("item_1", ModalityCount(audio=64))
    assert cached_prefix([settings, whole], [settings, cut]) == ModalityCount(text=640)


def test_the_last_answer_is_new_the_first_time_and_cached_the_second() -> None:
    first = [Segment("settings", ModalityCount(text=128)), Segment("q1", ModalityCount(audio=64))]
    second = [*first, Segment("a1", ModalityCount(audio=128)), Segment("q2", ModalityCount(audio=64))]
    third = [*second, Segment("a2", ModalityCount(audio=128)), Segment("q3", ModalityCount(audio=64))]
    assert cached_prefix(first, second) == ModalityCount(text=128, audio=64)
    assert cached_prefix(second, third) == ModalityCount(text=128, audio=64 + 128 + 64)


def test_it_makes_a_sound_usage() -> None:
    sent = [Segment("settings", ModalityCount(text=100)), Segment("q1", ModalityCount(audio=70))]
    now = [*sent, Segment("a1", ModalityCount(text=10, audio=90))]
    usage = TokenUsage.of(total(now), cached=cached_prefix(sent, now), made=ModalityCount(text=9, audio=40))
    assert usage.problems == ()
    assert (usage.cached_text, usage.cached_audio) == (64, 64)
