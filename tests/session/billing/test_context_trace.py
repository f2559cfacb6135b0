from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.session.billing.context_trace import ContextTrace, without_transcript
from rtnb.tokens import ModalityCount


def trace(*outputs: str) -> ContextTrace:
    """Items of 10 text tokens and 100 audio tokens, less when they are cut."""
    return ContextTrace(lambda _, cut_ms: ModalityCount(10, 100 if cut_ms is None else cut_ms // 50), set(outputs))


def test_outputs_do_not_enter_but_are_given() -> None:
    found = trace("answer")
    found.add("question", None)
    assert found.next().items == ("question",)
    found.add("answer", "question")
    assert found.next().items == ()
    found.delete("answer")
    assert found.next().edits == ("item deleted",)


def test_an_item_announced_twice_enters_once() -> None:
    found = trace()
    found.add("a", None)
    found.add("a", None)
    assert found.next().items == ("a",)
    found.add("a", None)
    assert found.next() == found.next()
    assert "a" in found and "b" not in found


def test_an_item_behind_all_others_is_no_edit() -> None:
    found = trace()
    found.add("a", None)
    found.next()
    found.add("b", "a")
    found.add("c", None)
    found.add("d", "nobody knows it")
    assert found.next().edits == ()


def test_an_item_in_front_of_what_was_given_is_an_edit() -> None:
    for place in ("root", "a"):
        found = trace()
        found.add("a", None)
        found.add("b", None)
        found.next()
        found.add("new", place)
        entered = found.next()
        assert entered.edits == ("item inserted",) and entered.items == ("new",)


def test_an_item_in_front_of_an_answer_that_was_not_given_yet_is_none() -> None:
    found = trace("answer")
    found.add("question", None)
    found.next()
    found.add("answer", "question")
    found.add("between", "question")
    assert found.next().edits == ()


def test_what_was_never_given_can_be_deleted_without_an_edit() -> None:
    found = trace()
    found.add("a", None)
    found.delete("a")
    found.delete("a")
    found.delete("never there")
    assert found.next() == trace().next()


def test_truncation_of_what_was_given_takes_tokens_away_once() -> None:
    found = trace()
    found.add("a", None)
    found.truncate("a", 4000)  # before it was given: it is given shorter
    assert found.next().edits == ()
    found.truncate("a", 1000)
    found.truncate("a", 1000)
    entered = found.peek()
    assert entered == found.next()
    assert entered.edits == ("item truncated",) and entered.removed == ModalityCount(audio=60)


@given(st.lists(st.tuples(st.sampled_from(["add", "root", "delete", "cut", "next"]), st.integers(0, 5))))
def test_each_item_enters_at_most_once_between_two_deletions(steps: list[tuple[str, int]]) -> None:
    found, there, entered = trace(), set(), []
    for verb, number in steps:
        name = f"item_{number}"
        if verb in ("add", "root"):
            found.add(name, "root" if verb == "root" else None)
            there.add(name)
        elif verb == "delete":
            found.delete(name)
            there.discard(name)
            entered = [item for item in entered if item != name]
        elif verb == "cut":
            found.truncate(name, 500)
        else:
            entered += found.next().items
        assert all((name in found) == (name in there) for name in (f"item_{n}" for n in range(6)))
    entered += found.next().items
    assert len(entered) == len(set(entered))
    assert set(entered) == there
    assert found.next().edits == ()


def test_an_item_without_its_transcript() -> None:
    wire = {"id": "a", "content": [{"type": "output_audio", "transcript": "Hi."}, "odd"]}
    assert without_transcript(wire) == {"id": "a", "content": [{"type": "output_audio"}, "odd"]}
    assert wire["content"][0] == {"type": "output_audio", "transcript": "Hi."}  # type: ignore[index]
    assert without_transcript({"id": "a", "content": None}) == {"id": "a", "content": None}
