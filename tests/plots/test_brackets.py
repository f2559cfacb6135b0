from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtnb.audio import Clip
from rtnb.plots.brackets import Bracket, bracket_caption, place_brackets
from rtnb.plots.layout import Box, Frame
from rtnb.plots.scene import Scene, Voice, run_scene, turn_scene
from rtnb.session.views.shapes import Latency, RunView, TurnView

FRAME = Frame(0.0, 10.0, 98.0, 886.0, 62.0, 62.0)
SECOND = Clip([0.5, -0.5] * 50, 100)


def sounds(scene: Scene) -> list[Box]:
    return [
        Box(FRAME.x(v.start_s), 0 if v.who == "user" else -62, FRAME.x(v.end_s), 62 if v.who == "user" else 0)
        for v in scene.voices
    ]


def test_between_question_and_answer_it_hangs_under_the_axis(spoken: TurnView) -> None:
    (bracket,) = place_brackets(turn_scene(spoken), FRAME)
    assert -20 < bracket.y < 0
    assert (bracket.number, bracket.ends) == ("0.93 s", "speech end → first audio")
    assert bracket.box is not None
    assert bracket.box.x1 <= FRAME.x(2.73)


def test_after_a_typed_question_it_stands_above_the_axis() -> None:
    scene = Scene(voices=(Voice("assistant", SECOND, 0.42),), latencies=(Latency("request", "first audio", 0, 0.42),))
    (bracket,) = place_brackets(scene, FRAME)
    assert bracket.y > 0


def test_where_everything_sounds_it_goes_under_the_picture(dialogue: Clip) -> None:
    voices = (Voice("user", dialogue[0.0:10.0], 0.0), Voice("assistant", dialogue[0.0:9.0], 0.5))
    scene = Scene(voices=voices, latencies=(Latency("commit", "first audio", 0.0, 0.5),))
    (bracket,) = place_brackets(scene, FRAME)
    assert bracket.y < -62


@given(start=st.floats(0, 8), length=st.floats(0, 2), asked=st.floats(0, 9), answered=st.floats(0, 9))
def test_words_stay_off_the_sound_and_inside(start: float, length: float, asked: float, answered: float) -> None:
    voices = (Voice("user", SECOND, asked), Voice("assistant", SECOND, answered))
    scene = Scene(voices=voices, latencies=(Latency("speech end", "first audio", start, start + length),))
    (bracket,) = place_brackets(scene, FRAME)
    assert bracket.box is not None
    assert FRAME.left - 1 <= bracket.box.x0
    assert bracket.box.x1 <= FRAME.right
    assert not any(bracket.box.meets(sound, gap=0) for sound in sounds(scene))


@given(starts=st.lists(st.floats(0, 9), min_size=2, max_size=12))
def test_of_many_those_with_room_have_their_number(starts: list[float]) -> None:
    latencies = tuple(Latency("speech end", "first audio", at, at + 0.8) for at in starts)
    voices = tuple(Voice("assistant", SECOND, at + 0.8) for at in starts)
    brackets = place_brackets(Scene(voices=voices, latencies=latencies), FRAME)
    assert len(brackets) <= len(starts)
    boxes = [bracket.box for bracket in brackets if bracket.box is not None]
    for i, box in enumerate(boxes):
        assert not any(box.meets(other, gap=0) for other in boxes[i + 1 :])


def test_a_bracket_too_narrow_to_see_is_left_out() -> None:
    latencies = tuple(Latency("speech end", "first audio", at, at + 0.01) for at in (3.0, 6.0))
    voices = (Voice("assistant", Clip([0.5] * 1000, 100), 0.0),)
    assert place_brackets(Scene(voices=voices, latencies=latencies), FRAME) == []


def test_the_caption_names_the_ends_of_many(run: RunView, spoken: TurnView) -> None:
    assert bracket_caption(place_brackets(run_scene(run), FRAME)) == "brackets: speech end → first audio"
    assert bracket_caption(place_brackets(turn_scene(spoken), FRAME)) == ""
    assert bracket_caption([]) == ""
    kinds = [Bracket(Latency(f"start {i}", "end", 0, 1), -8.0, None, "1.00 s", "") for i in range(5)]
    assert bracket_caption(kinds).endswith("start 2 → end, …")
