from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtnb.errors import ConfigError
from rtnb.tokens import (
    ModalityCount,
    Segment,
    Simulated,
    Step,
    Summarise,
    TokenUsage,
    Truncation,
    cached_prefix,
    fit,
    simulate,
)

COUNTS = st.builds(ModalityCount, st.integers(0, 200), st.integers(0, 300), st.integers(0, 90))


@st.composite
def conversations(draw: st.DrawFn, *, changing: bool = True) -> list[Step]:
    settings_choice = [("a", ModalityCount(text=130)), ("b", ModalityCount(text=70)), ("c", ModalityCount())]
    steps = []
    for _ in range(draw(st.integers(0, 12))):
        key, settings_count = draw(st.sampled_from(settings_choice if changing else settings_choice[:1]))
        made = draw(COUNTS)
        kept = draw(st.sampled_from([made, ModalityCount(audio=made.audio // 2), ModalityCount()]))
        steps.append(Step(draw(COUNTS), made, kept, settings_count, key))
    return steps


LIMITS = st.none() | st.integers(0, 2500)
TRUNCATIONS = st.sampled_from(
    [
        Truncation(),
        Truncation("disabled"),
        Truncation("retention_ratio", 0.8),
        Truncation("retention_ratio", 0.5, 700),
    ]
)
SUMMARIES = st.none() | st.builds(Summarise, st.integers(1, 2000), st.integers(0, 3), st.integers(1, 100))


def plain(steps: list[Step], limit: int | None, truncation: Truncation) -> list[TokenUsage | None]:
    """The same by lists of segments and the functions for one prompt: slow, and obviously right."""
    items: list[Segment] = []
    before: list[Segment] = []
    usages: list[TokenUsage | None] = []
    for index, step in enumerate(steps):
        settings_part = Segment(f"settings {step.settings_key}", step.settings)
        if step.given.total:
            items.append(Segment(f"given {index}", step.given))
        found = fit(
            [item.count for item in items],
            settings_tokens=step.settings.total,
            input_limit=limit,
            truncation=truncation,
        )
        if truncation.kind == "disabled" and not found.fits:
            usages.append(None)
            continue
        items = items[found.left_out :]
        prompt = [settings_part, *items]
        total = sum((part.count for part in prompt), ModalityCount())
        usages.append(TokenUsage.of(total, cached=cached_prefix(before, prompt), made=step.made))
        before = prompt
        if step.kept.total:
            items.append(Segment(f"kept {index}", step.kept))
    return usages


@given(conversations(), LIMITS, TRUNCATIONS)
def test_it_agrees_with_the_rules_for_one_prompt(steps: list[Step], limit: int | None, truncation: Truncation) -> None:
    found = simulate(steps, input_limit=limit, truncation=truncation)
    assert [step.usage for step in found] == plain(steps, limit, truncation)


@given(conversations(), LIMITS, TRUNCATIONS, SUMMARIES, st.floats(0, 1))
def test_nothing_is_lost_or_made_up(
    steps: list[Step], limit: int | None, truncation: Truncation, summarise: Summarise | None, hit_rate: float
) -> None:
    found = simulate(steps, input_limit=limit, truncation=truncation, summarise=summarise, hit_rate=hit_rate)
    assert len(found) == len(steps)
    conversation = 0
    for step, now in zip(steps, found, strict=True):
        conversation += step.given.total
        assert now.full.total == conversation + step.settings.total
        assert now.dropped >= 0
        assert now.condensed >= 0
        assert now.dropped + now.condensed <= conversation
        if now.usage is not None:
            assert not now.usage.problems
            assert now.usage.output_tokens == step.made.total
            whole = now.usage.input_tokens - step.settings.total + now.dropped
            if summarise is None:
                assert now.condensed == 0
                assert whole == conversation
            else:
                summary = summarise.summary_tokens if now.condensed else 0
                assert whole + now.condensed - summary == conversation
            conversation += step.kept.total
        else:
            assert truncation.kind == "disabled"
        if now.summary is not None:
            assert summarise is not None
            assert not now.summary.problems
            assert now.summary.output_tokens == now.summary.output_text == summarise.summary_tokens


@given(conversations(), st.integers(0, 2500), TRUNCATIONS, SUMMARIES)
def test_the_limit_holds_unless_the_newest_item_alone_breaks_it(
    steps: list[Step], limit: int, truncation: Truncation, summarise: Summarise | None
) -> None:
    found = simulate(steps, input_limit=limit, truncation=truncation, summarise=summarise)
    for step, now in zip(steps, found, strict=True):
        for usage in (now.usage, now.summary):
            if usage is not None and usage.input_tokens > limit:
                assert truncation.kind != "disabled"
                rest = usage.input_tokens - step.settings.total
                # What is left is one item: what was just given, or with nothing given the answer before.
                assert rest in {step.given.total, *(other.kept.total for other in steps)} or (
                    summarise is not None and rest == summarise.summary_tokens
                )


@given(conversations(), LIMITS, TRUNCATIONS, SUMMARIES, st.floats(0, 1), st.floats(0, 1))
def test_a_better_cache_holds_no_less_and_changes_nothing_else(
    steps: list[Step], limit: int | None, truncation: Truncation, summarise: Summarise | None, a: float, b: float
) -> None:
    worse, better = (
        simulate(steps, input_limit=limit, truncation=truncation, summarise=summarise, hit_rate=rate)
        for rate in sorted((a, b))
    )
    for one, other in zip(worse, better, strict=True):
        assert (one.full, one.dropped, one.condensed) == (other.full, other.dropped, other.condensed)
        assert (one.usage is None) == (other.usage is None)
        if one.usage and other.usage:
            assert one.usage.input_tokens == other.usage.input_tokens
            assert one.usage.cached_tokens <= other.usage.cached_tokens


@given(conversations(), st.sampled_from([Truncation(), Truncation("disabled"), Truncation("retention_ratio", 0.1)]))
def test_without_a_limit_nothing_goes(steps: list[Step], truncation: Truncation) -> None:
    found = simulate(steps, truncation=truncation)
    assert all(step.dropped == 0 and step.usage is not None for step in found)


def test_the_closed_form() -> None:
    """fresh(k) = x + y [k > 1]; cached(k) = (k - 1) x + max(k - 2, 0) y."""
    x, y, turns = 93, 94, 45
    turn = Step(ModalityCount(audio=x), ModalityCount(audio=y), ModalityCount(audio=y))
    found = [step.usage for step in simulate([turn] * turns, grain=1)]
    for k, usage in enumerate(found, 1):
        assert usage is not None
        assert usage.cached_audio == (k - 1) * x + max(k - 2, 0) * y
        assert usage.input_audio - usage.cached_audio == x + y * (k > 1)
    total = sum((usage for usage in found if usage), TokenUsage())
    assert total.cached_audio == x * turns * (turns - 1) // 2 + y * (turns - 1) * (turns - 2) // 2
    assert total.input_audio - total.cached_audio == turns * x + (turns - 1) * y
    assert total.output_audio == turns * y


TURN = Step(ModalityCount(audio=100), ModalityCount(20, 200), ModalityCount(20, 200), ModalityCount(text=128), "s")


def usages(found: list[Simulated]) -> list[TokenUsage]:
    assert all(step.usage is not None for step in found)
    return [step.usage for step in found if step.usage is not None]


def test_once_the_window_is_full_auto_spoils_the_cache_every_turn_and_a_ratio_does_not() -> None:
    limit = 2000
    auto = usages(simulate([TURN] * 60, input_limit=limit))
    ratio = usages(simulate([TURN] * 60, input_limit=limit, truncation=Truncation("retention_ratio", 0.6)))
    assert all(usage.cached_audio == 0 and usage.cached_text == 128 for usage in auto[10:])
    assert sum(usage.cached_audio > 0 for usage in ratio[10:]) > 25
    assert max(usage.input_tokens for usage in (*auto, *ratio)) <= limit


def test_other_settings_hide_everything_behind_them_once() -> None:
    other = Step(TURN.given, TURN.made, TURN.kept, ModalityCount(text=128), "other")
    found = usages(simulate([TURN, TURN, TURN, other, other]))
    assert [usage.cached_audio for usage in found] == [0, 64, 384, 0, 960]
    assert [usage.cached_text for usage in found] == [0, 128, 128, 0, 128 + 20 * 3 // 64 * 64]


def test_an_edit_leaves_the_settings() -> None:
    edited = Step(TURN.given, TURN.made, TURN.kept, TURN.settings, "s", intact=0.0)
    found = usages(simulate([TURN, TURN, TURN, edited, TURN]))
    assert [usage.cached_audio for usage in found] == [0, 64, 384, 0, 960]
    assert [usage.cached_text for usage in found[3:]] == [128, 128]


def test_a_deleted_item_by_hand() -> None:
    """The answer before last is deleted: half of what was sent is still the beginning."""
    gone = replace(TURN, removed=ModalityCount(20, 200), intact=0.5)
    found = simulate([TURN, TURN, gone, TURN], grain=1)
    before, now, after = usages(found)[1:]
    assert (before.input_text, before.input_audio) == (148, 400)
    assert (now.input_text, now.input_audio) == (128 + 20, 500)
    assert (now.cached_text, now.cached_audio) == (128 + 10, 200)
    assert (after.cached_text, after.cached_audio) == (148, 500)
    # It is not the policy that lost them.
    assert [step.full.total for step in found] == [228, 548, 648, 968]
    assert all(step.dropped == 0 for step in found)


def test_more_is_deleted_than_is_there() -> None:
    found = simulate([TURN, replace(TURN, removed=ModalityCount(9999, 9999, 9999)), TURN])
    assert [usage.input_audio for usage in usages(found)] == [100, 100, 400]


def test_deletions_do_not_unsettle_what_is_dropped_and_condensed() -> None:
    gone = replace(TURN, removed=ModalityCount(30, 250), intact=0.3)
    for policy in (None, Summarise(700, keep_turns=1)):
        found = simulate([TURN, TURN, gone] * 6, input_limit=1000, summarise=policy)
        for step in found:
            assert step.usage is not None
            assert not step.usage.problems
            assert 0 <= step.dropped + step.condensed <= step.full.total - 128


def test_a_summary_by_hand() -> None:
    found = simulate([TURN] * 5, summarise=Summarise(900, keep_turns=1, summary_tokens=50), grain=1)
    # Before the fourth response the conversation has 3 * 320 + 100 tokens; two exchanges become 50 tokens of text.
    assert [step.summary is not None for step in found] == [False, False, False, True, False]
    making = found[3].summary
    assert making == TokenUsage(
        input_text=128 + 60,
        input_audio=1000,
        cached_text=128 + 40,
        cached_audio=700,
        output_text=50,
    )
    assert found[3].usage == TokenUsage(
        input_text=128 + 50 + 20,
        input_audio=200 + 200,
        cached_text=128,
        output_text=20,
        output_audio=200,
    )
    assert (found[3].condensed, found[4].condensed) == (640, 640)
    last = found[4].usage
    assert last is not None
    assert (last.cached_text, last.cached_audio) == (198, 400)
    assert (last.input_text, last.input_audio) == (218, 700)


def test_a_summary_of_a_summary_stands_for_all_of_it() -> None:
    found = simulate([TURN] * 12, summarise=Summarise(900, keep_turns=1, summary_tokens=50))
    made = [index for index, step in enumerate(found) if step.summary]
    assert len(made) > 2
    for earlier, later in pairwise(made):
        assert found[later].condensed == found[earlier].condensed + 320 * (later - earlier)
    assert all(step.dropped == 0 for step in found)


def test_latest_turns_as_long_as_the_limit_are_not_summed_up_after_each_turn() -> None:
    # Five turns are 1,600 tokens: the limit is always exceeded. A summary must take out 500, so it waits for two turns.
    found = simulate([TURN] * 30, summarise=Summarise(1500, keep_turns=5, summary_tokens=50))
    made = [index for index, step in enumerate(found) if step.summary]
    assert {later - earlier for earlier, later in pairwise(made)} == {2}
    assert all(step.usage is not None and step.usage.input_tokens < 128 + 1500 + 2 * 320 + 150 for step in found)


def test_nothing_to_summarise_is_not_billed() -> None:
    # The last turns alone are more than the threshold: only what is older is summarised, and only when there is some.
    found = simulate([TURN] * 3, summarise=Summarise(10, keep_turns=5))
    assert all(step.summary is None for step in found)


def test_a_summary_that_is_dropped_counts_as_all_that_it_stood_for() -> None:
    longer = replace(TURN, given=ModalityCount(audio=150))
    found = simulate(
        [TURN, TURN, TURN, longer],
        truncation=Truncation("retention_ratio", 1.0, post_instructions=500),
        summarise=Summarise(600, keep_turns=0, summary_tokens=50),
    )
    # Before the third response the first exchange goes and the second is summarised; before the fourth there are
    # 50 + 320 + 150 tokens, too many for the server and not enough for the client, and the summary goes.
    assert [(step.dropped, step.condensed) for step in found] == [(0, 0), (0, 0), (320, 320), (640, 0)]
    last = found[3].usage
    assert last is not None
    assert last.input_tokens == 128 + 320 + 150


def test_a_refused_response_adds_its_question_only() -> None:
    found = simulate([TURN] * 4, input_limit=600, truncation=Truncation("disabled"))
    assert [step.usage is None for step in found] == [False, False, True, True]
    assert [step.full.total for step in found] == [228, 548, 868, 968]


def test_it_takes_any_iterable() -> None:
    assert simulate(iter([TURN])) == simulate([TURN])
    assert simulate([]) == []


@pytest.mark.parametrize("hit_rate", [-0.1, 1.1, float("nan")])
def test_hit_rates_out_of_range(hit_rate: float) -> None:
    with pytest.raises(ConfigError, match="hit_rate"):
        simulate([], hit_rate=hit_rate)


@pytest.mark.parametrize("grain", [0, -1, 1.5, True])
def test_grains_that_are_none(grain: int) -> None:
    with pytest.raises(ConfigError, match="grain"):
        simulate([], grain=grain)


def test_what_is_left_of_each_modality_is_told_apart() -> None:
    """All the audio behind the settings went, and all of the text stayed."""
    spoken = Step(ModalityCount(200, 300), ModalityCount(20, 60), ModalityCount(20, 60), ModalityCount(text=100))
    gone = replace(spoken, given=ModalityCount(audio=40), removed=ModalityCount(audio=360), intact=(1.0, 0.0, 1.0))
    before, now = usages(simulate([spoken, gone], grain=1))
    assert (before.input_text, before.input_audio) == (300, 300)
    assert (now.input_text, now.input_audio) == (320, 40)
    assert (now.cached_text, now.cached_audio) == (300, 0)


def test_no_more_is_cached_than_is_given() -> None:
    first = Step(ModalityCount(audio=500), ModalityCount(), ModalityCount())
    second = Step(ModalityCount(audio=10), ModalityCount(), ModalityCount(), removed=ModalityCount(audio=400))
    [_, now] = usages(simulate([first, second]))
    assert (now.input_audio, now.cached_audio) == (110, 64)


SHARES = st.floats(0, 1) | st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))


@given(conversations(), LIMITS, TRUNCATIONS, SUMMARIES, st.data())
def test_deletions_never_make_counts_that_contradict_themselves(
    steps: list[Step], limit: int | None, truncation: Truncation, summarise: Summarise | None, data: st.DataObject
) -> None:
    edited = [
        replace(step, removed=data.draw(COUNTS | st.just(ModalityCount())), intact=data.draw(SHARES)) for step in steps
    ]
    for now in simulate(edited, input_limit=limit, truncation=truncation, summarise=summarise):
        for usage in (now.usage, now.summary):
            assert usage is None or not usage.problems
        assert now.dropped >= 0
        assert now.condensed >= 0


@pytest.mark.parametrize("intact", [-0.1, 1.5, float("nan"), (1.0, 1.0), (1.0, 2.0, 1.0), "all", None])
def test_shares_of_what_is_intact_that_are_none(intact: object) -> None:
    with pytest.raises(ConfigError, match="intact"):
        Step(ModalityCount(), ModalityCount(), ModalityCount(), intact=intact)  # type: ignore[arg-type]
