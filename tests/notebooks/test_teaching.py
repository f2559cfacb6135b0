"""The notebook about teaching with recordings: executed with its solutions, and held against the recordings."""

from __future__ import annotations

import ast
import re

import nbformat
import pytest
from support.course import NOTEBOOKS, Cells, data, execute, said, stored

import rtnb

NAME = "10_teaching_with_recordings"

TALK = NOTEBOOKS / "data" / "ten_minutes.rtnb"


@pytest.fixture(scope="module")
def executed() -> tuple[Cells, Cells]:
    return execute(NAME)


def quiz(cells: Cells) -> list[tuple[str, list[str]]]:
    """The questions as printed, with their choices."""
    found: list[tuple[str, list[str]]] = []
    for line in said(cells, "def quiz").splitlines():
        if re.match(r"\d+\. ", line):
            found.append((line.partition(": ")[2], []))
        else:
            found[-1][1].append(line.strip()[3:])
    return found


def test_every_question_of_the_quiz_has_the_right_answer_among_its_choices_once() -> None:
    turns = {turn.user_text: turn.assistant_text for turn in rtnb.replay(TALK).turns}
    questions = quiz(stored(NAME))
    assert len(questions) == 3
    for ask, choices in questions:
        assert len(set(choices)) == 4
        assert sum(choice == turns[ask][:90].strip() for choice in choices) == 1


def test_the_walk_is_that_of_the_recording() -> None:
    walked = [float(s) for s in re.findall(r"^ *([\d.]+) s", said(stored(NAME), "talk.steps("), flags=re.MULTILINE)]
    starts = [r.t_s for r in rtnb.replay(TALK).steps("input_audio_buffer.speech_started") if r.t_s <= 60]
    assert walked == [round(each, 1) for each in starts]


def test_the_interrupted_turn_is_the_one_that_is_enlarged() -> None:
    assert "interrupted" in data(stored(NAME), "of_turns(12, 13)")["text/plain"]


def test_smaller_is_smaller() -> None:
    kb = dict(re.findall(r"^(\w+) +(\d+) kB", said(stored(NAME), "for audio in ("), re.MULTILINE))
    sizes = [int(kb[name]) for name in ("pcm", "flac", "opus", "none")]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > 5 * sizes[2] > 5 * sizes[3]


def test_pages_that_it_links_to_are_there() -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{NAME}.ipynb", 4)
    prose = "".join(each.source for each in notebook.cells if each.cell_type == "markdown")
    for place in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
        assert (NOTEBOOKS / place).exists(), place


def response_latencies(cells: Cells) -> tuple[float, float]:
    """Of the quick and of the patient server."""
    told = data(cells, ".against(")["text/plain"]
    ((one, in_one, two, in_two),) = re.findall(r"response latency[^│]*│ +([\d.]+) (s|ms) │ +([\d.]+) (s|ms)", told)
    return tuple(float(n) / (1000 if unit == "ms" else 1) for n, unit in ((one, in_one), (two, in_two)))  # type: ignore[return-value]


def test_the_stored_one_shows_the_difference_that_it_is_about() -> None:
    """Else it was executed on a busy machine: again, with tools/make_course.py."""
    quick, patient = response_latencies(stored(NAME))
    assert patient - quick > 0.5


@pytest.mark.course
@pytest.mark.local
def test_one_difference_explains_itself(executed: tuple[Cells, Cells]) -> None:
    told = data(executed[0], ".against(")["text/plain"]
    (above, below) = map(float, re.findall(r"endpointing +│ +([\d.]+) s │ +([\d.]+) s", told)[0])
    # Another 700 ms of silence, in frames of 32 ms.
    assert 0.6 < below - above < 0.85


@pytest.mark.course
@pytest.mark.local
def test_nothing_suspicious_is_found_and_the_search_would_find_it(executed: tuple[Cells, Cells]) -> None:
    lines = said(executed[0], "SECRET").splitlines()
    assert len(lines) == 2 and all(line.endswith("suspicious: nothing") for line in lines)
    (pattern,) = re.findall(r'SECRET = (r".*")', "\n".join(each.source for each in executed[0]))
    for secret in ("sk-abcdefgh12345678", "ek_abcdefgh12345678", "Bearer x", "/home/sam", "sam@example.org"):
        assert re.search(ast.literal_eval(pattern), secret), secret


@pytest.mark.course
@pytest.mark.local
def test_the_timed_question_is_answered_by_the_recording(executed: tuple[Cells, Cells]) -> None:
    question = ast.literal_eval(said(executed[0], "How many ms"))
    right = question["choices"][question["answer"]]
    assert 900 <= right <= 1100
    # What the quick server needed, and what the user waited for in all, on either side of it.
    assert len(question["choices"]) == 4 and question["choices"][0] == 0 and question["choices"][-1] > right


@pytest.mark.course
@pytest.mark.local
def test_the_handout_is_packed_without_answers(executed: tuple[Cells, Cells]) -> None:
    packed = said(executed[0], "make_archive")
    assert [line.split()[0] for line in packed.splitlines()] == [
        "README.txt",
        "lesson.html",
        "patient.rtnb",
        "questions.json",
        "quick.rtnb",
        "talk.rtnb",
        "lesson.zip",
    ]
    assert '"answer"' not in next(each.source for each in executed[0] if "make_archive" in each.source)
    assert re.search(r"\d of 4 right", said(executed[0], "handed_in ="))


@pytest.mark.course
@pytest.mark.local
def test_the_solutions_find_what_is_in_the_recordings(executed: tuple[Cells, Cells]) -> None:
    interrupted, following, silent = (
        "".join(o.get("text", "") for o in each.outputs if o.output_type == "stream") for each in executed[1]
    )
    assert re.findall(r"turn (\d+):", interrupted) == ["13", "27"]
    events = following.split()
    assert events[0] == "input_audio_buffer.committed" and events[-1] == "response.output_audio.delta"
    assert "response.created" in events
    assert "What is the weather in Paris?" in silent and "silent)" in silent.rpartition("sound:")[2]
    same = re.findall(r"latency: (.*?) as with sound: (.*)", silent)
    assert same and same[0][0] == same[0][1]
