from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rtnb.server.answer.sentences import LONGEST_CHARS, sentences_of, split_sentences

TEXT = st.text(alphabet=" \n\tab.!?…\"')DrNo1,é", max_size=40) | st.text(max_size=40)


async def _pieces(pieces: list[str]) -> AsyncIterator[str]:
    for piece in pieces:
        yield piece


def streamed(pieces: list[str]) -> list[str]:
    async def collect() -> list[str]:
        return [sentence async for sentence in sentences_of(_pieces(pieces))]

    return asyncio.run(collect())


@given(TEXT)
def test_nothing_is_lost(text: str) -> None:
    sentences, rest = split_sentences(text)
    assert "".join(sentences) + rest == text
    assert all(sentences)
    assert all(sentence[-1].isspace() for sentence in sentences)


@given(st.lists(TEXT, max_size=8))
@example(["One. ", "", "Two."])
@example(["One.", " Two."])
@example(["Dr", ". Who. ", "\n", "He."])
def test_a_stream_is_cut_as_the_whole_would_be(pieces: list[str]) -> None:
    found = streamed(pieces)
    assert "".join(found) == "".join(pieces)
    whole, rest = split_sentences("".join(pieces))
    spoken = [sentence.strip() for sentence in [*whole, rest] if sentence.strip()]
    assert [sentence.strip() for sentence in found if sentence.strip()] == spoken


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("It is 4.5 km. Really.", ["It is 4.5 km.", "Really."]),
        ("Dr. Smith met Mrs. Jones. They left.", ["Dr. Smith met Mrs. Jones.", "They left."]),
        ("Fruit (e.g. apples) is good. Eat.", ["Fruit (e.g. apples) is good.", "Eat."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!"', "Then he left."]),
        ("A list:\none\ntwo", ["A list:", "one", "two"]),
        ("Wait... what?! Yes.", ["Wait...", "what?!", "Yes."]),
        ("see rtnb.connect for more", ["see rtnb.connect for more"]),
        ("", []),
        ("   ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [sentence.strip() for sentence in streamed([text]) if sentence.strip()] == expected
    assert [sentence.strip() for sentence in streamed(list(text)) if sentence.strip()] == expected


def test_a_sentence_is_out_before_the_text_ends() -> None:
    async def first() -> str:
        async def pieces() -> AsyncIterator[str]:
            yield "Done. "
            raise AssertionError("the stream was read further than it had to be")

        return await anext(sentences_of(pieces()))

    assert asyncio.run(first()) == "Done. "


def test_a_stream_that_fails_fails_its_reader() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "Hello"
        raise LookupError("no more")

    async def collect() -> list[str]:
        return [sentence async for sentence in sentences_of(broken())]

    with pytest.raises(LookupError):
        asyncio.run(collect())


def test_what_is_no_text_ends_a_sentence_and_stays_in_its_place() -> None:
    async def pieces() -> AsyncIterator[str | int]:
        for piece in ("One. Tw", 1, 2, "o. Three", 3):
            yield piece

    async def collect() -> list[str | int]:
        return [found async for found in sentences_of(pieces())]

    assert asyncio.run(collect()) == ["One. ", "Tw", 1, 2, "o. ", "Three", 3]


@pytest.mark.parametrize("text", ["word " * 300, "x" * 1000])
def test_text_without_an_end_is_cut(text: str) -> None:
    found = streamed([text[start : start + 7] for start in range(0, len(text), 7)])
    assert "".join(found) == text
    assert len(found) > 2 and max(map(len, found)) <= LONGEST_CHARS


def test_what_came_before_a_failure_is_not_lost() -> None:
    async def pieces() -> AsyncIterator[str]:
        yield "Half of"
        raise RuntimeError("broken")

    async def collect() -> list[str]:
        found = []
        with pytest.raises(RuntimeError):
            async for sentence in sentences_of(pieces()):
                found.append(sentence)
        return found

    assert asyncio.run(collect()) == ["Half of"]


@pytest.mark.parametrize("part", [".", "?", '."', ".'.'", "mr. ", "\n", " ", "。", "…)", "U.S", "a ... b"])
@pytest.mark.timeout(60)  # What takes a time that grows with the square would take hours.
def test_a_flood_is_work_in_proportion_to_its_length(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert "".join(streamed([text])) == text
    sentences, rest = split_sentences(text)
    assert sum(map(len, sentences)) + len(rest) == len(text)


def test_others_have_their_turn_in_a_flood() -> None:
    async def run() -> int:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async for _ in sentences_of(_pieces(["." * 100 * LONGEST_CHARS])):
            pass
        task.cancel()
        return turns

    assert asyncio.run(run()) >= 99


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No. It is closed. Sorry.", ["No.", "It is closed.", "Sorry."]),
        ("I said no. Then he left.", ["I said no.", "Then he left."]),
        ("Take bus No. 5 to the end. Then walk.", ["Take bus No. 5 to the end.", "Then walk."]),
        ("No.\n5 apples", ["No.", "5 apples"]),
        ("No... Well.", ["No...", "Well."]),
        ("No.", ["No."]),
        ("Mr. No. 7 is here. Run!", ["Mr. No. 7 is here.", "Run!"]),
        ("It costs 3.5 or 3. 5 is too much.", ["It costs 3.5 or 3.", "5 is too much."]),
        ("The U.S. and the U.K. agree. Good.", ["The U.S. and the U.K. agree.", "Good."]),
        ("She lives in the U.S. He does not.", ["She lives in the U.S.", "He does not."]),
        ("At 5 p.m. today (e.g. by bus). Bye.", ["At 5 p.m. today (e.g. by bus).", "Bye."]),
    ],
)
def test_abbreviations(text: str, expected: list[str]) -> None:
    assert [sentence.strip() for sentence in streamed([text]) if sentence.strip()] == expected
    assert [sentence.strip() for sentence in streamed(list(text)) if sentence.strip()] == expected


def test_no_is_said_with_the_next_character() -> None:
    assert split_sentences("No. I") == (["No. "], "I")
    assert split_sentences("No. ") == ([], "No. ")
