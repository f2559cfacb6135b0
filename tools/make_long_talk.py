"""Record ten minutes of talk at real pace with the embedded server: notebooks/data/ten_minutes.rtnb.

A learner asks a tutor about realtime voice models. The learner's voice is the local voice, made lower; every question
goes through server VAD and recognition as a caller's would. On the way the talk does what costs money in real talks:
the instructions change in the middle, two answers are talked over, an old item is deleted, and one question is typed.

Usage: python tools/make_long_talk.py [--check] [PATH]    (--check only says what recognition makes of the questions)
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rtnb
from rtnb.audio import Clip
from rtnb.server.answer.sentences import split_sentences
from rtnb.speech import HibariVoice

PATH = Path(__file__).parents[1] / "notebooks" / "data" / "ten_minutes.rtnb"

LOWER = 0.84
"""Pitch of the learner against the tutor's."""
THINKING_S = 2.2
"""Between the end of an answer and the next question."""
LATENCY_S = 0.9
"""From the end of a question to the first sound of its answer, with turn detection's half second."""

TUTOR = """\
You are the voice tutor of a course on realtime voice assistants. Your students are developers and designers who have
built chatbots before and now build their first assistant that listens and speaks.

Answer in two or three plain sentences that are easy to follow by ear. Say numbers as one says them in conversation,
with their unit, and never read out lists, headings, links or code. Use the words of the documentation: session, turn,
item, response, event, modality. When a question can be understood in two ways, choose the simpler one, answer it, and
say which one you chose.

What the students should be able to do after this lesson: tell server VAD from semantic VAD and choose between them;
name the three settings of server VAD and say in which direction to move each; say what happens on the wire when a
student talks over an answer; explain why every turn costs more than the turn before it; read a usage object, with its
text, audio and cached tokens; and estimate what a minute of talk costs.

Prices: give them for a million tokens or for a minute, in dollars or cents, and say which model they belong to. If a
student asks for a price that you are not sure of, say that the price list of the vendor decides.

Manner: friendly, calm, never hurried. If a student talks over you, stop, and answer what was asked last; do not return
to the earlier answer unless you are asked to. If you do not understand, say so and ask for the question again. Do not
praise questions, do not repeat them, and do not end every answer with a question of your own. Speak English."""

SECOND_HALF = (
    TUTOR
    + """

This is the second half of the lesson, on tokens and prices. Give an amount in money wherever there is one."""
)


@dataclass(frozen=True)
class Said:
    """A spoken question; with `after_s`, it is spoken over the answer before it, that long after that answer began."""

    text: str
    after_s: float | None = None


@dataclass(frozen=True)
class Typed:
    """A question by text."""

    text: str


@dataclass(frozen=True)
class Instruct:
    """New instructions."""

    text: str


@dataclass(frozen=True)
class Forget:
    """Delete the items of the turn whose question contains these words."""

    words: str


TALK: list[Said | Typed | Instruct | Forget] = [
    Said("Hello, can you hear me?"),
    Said("What is the Realtime API?"),
    Said("What is a session?"),
    Said("What is a turn?"),
    Said("What is an item?"),
    Said("What is the difference between server VAD and semantic VAD?"),
    Said("What is eagerness?"),
    Said("What is the VAD threshold?"),
    Said("What is prefix padding?"),
    Said("What is the silence duration?"),
    Said("Why does it cut me off?"),
    Said("What is noise reduction?"),
    Said("Tell me a long story."),
    Said("Can I interrupt you?", after_s=9.0),
    Said("What does it mean to truncate an item?"),
    Said("What is a response?"),
    Said("Which events come in a response?"),
    Typed("What is out-of-band response?"),
    Said("How does push to talk work?"),
    Said("What is input transcription?"),
    Said("Which voices are there?"),
    Said("How long can a session last?"),
    Instruct(SECOND_HALF),
    Said("Tell me how audio tokens are counted."),
    Said("How much do audio tokens cost?"),
    Said("How much does one minute of conversation cost?"),
    Said("How does prompt caching save money?"),
    Said("What happens to the cache when I change the instructions?"),
    Said("Why does the cost grow?", after_s=3.5),
    Said("Do I pay for an answer that I interrupted?"),
    Said("Does silence cost anything?"),
    Forget("long story"),
    Said("How much do I pay for transcription?"),
    Said("How much is the mini model?"),
    Said("What is the context window?"),
    Said("What is truncation?"),
    Said("How do I limit the length of an answer?"),
    Said("Which models are there?"),
    Said("What are rate limits?"),
    Said("What is function calling?"),
    Said("How do I connect a phone?"),
    Said("Where can I see the usage?"),
    Said("How long is the latency?"),
    Said("Is my data sent anywhere?"),
    Said("Thank you very much."),
    Said("Goodbye!"),
]


class Speaker:
    """The learner."""

    def __init__(self) -> None:
        self._voice = HibariVoice()

    def say(self, text: str) -> Clip:
        """Spoken lower than the tutor."""
        samples = self._voice.synthesize(text, speed=1.0 / LOWER * 0.96)
        return Clip(samples, round(24000 * LOWER)).resample(24000).gain(-3.0)

    def lasts_s(self, answer: str) -> float:
        """How long the tutor takes to say it."""
        sentences, rest = split_sentences(answer)
        return sum(self._voice.synthesize(s.strip()).size for s in [*sentences, rest] if s.strip()) / 24000


def groups() -> Iterator[list[Said] | Typed | Instruct | Forget]:
    """Questions that are talked over belong into one stream with what is spoken over them."""
    waiting: list[Said] = []
    for index, step in enumerate(TALK):
        if isinstance(step, Said):
            waiting.append(step)
            following = TALK[index + 1] if index + 1 < len(TALK) else None
            if isinstance(following, Said) and following.after_s is not None:
                continue
            yield waiting
            waiting = []
        else:
            yield step


def answers() -> dict[str, str]:
    """What the tutor will say, found out in a session without sound."""
    with rtnb.connect("local", instructions=TUTOR, modalities=["text"], transcription=None) as dry:
        return {step.text: dry.ask(step.text, show=False).text for step in TALK if isinstance(step, Said | Typed)}


def check() -> int:
    """Say what recognition makes of every question, and what is answered."""
    from rtnb.speech.whisper import Whisper

    speaker, ear = Speaker(), Whisper()
    total_s = 0.0
    for text, answer in answers().items():
        clip = speaker.say(text)
        heard = ear.transcribe(clip.resample(16000).samples).text
        lasts_s = speaker.lasts_s(answer)
        total_s += clip.duration_s + LATENCY_S + lasts_s + THINKING_S
        print(f"{text!r:62} heard {heard!r:62} {lasts_s:5.1f} s  {answer[:70]}")
    print(f"about {total_s / 60:.1f} min")
    return 0


def record(path: Path) -> int:
    """Hold the talk and keep it."""
    planned, speaker = answers(), Speaker()
    begun = time.monotonic()
    with rtnb.connect("local", model="gpt-realtime", instructions=TUTOR, voice="marin") as talk:
        for step in groups():
            if isinstance(step, Instruct):
                talk.update(instructions=step.text)
            elif isinstance(step, Forget):
                _forget(talk, step.words)
            elif isinstance(step, Typed):
                talk.ask(step.text, show=False)
                time.sleep(speaker.lasts_s(planned[step.text]) + THINKING_S)
            else:
                clips: list[Clip] = []
                for said, following in zip(step, [*step[1:], None], strict=True):
                    lasts_s = speaker.lasts_s(planned[said.text]) + THINKING_S
                    if following is not None and following.after_s is not None:
                        lasts_s = following.after_s
                    clips += [speaker.say(said.text), Clip.silence(LATENCY_S + lasts_s)]
                talk.stream(Clip.concat(clips), name=step[0].text, show=False)
            turn = talk.turns[-1]
            print(f"{time.monotonic() - begun:6.1f} s  {turn.view().user_text!r}  {turn.usage}", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        talk.save(path, audio="opus")
    print(f"{path.stat().st_size / 1e6:.2f} MB")
    return 0


def _forget(talk: rtnb.Session, words: str) -> None:
    view = next(turn.view() for turn in talk.turns if words in turn.view().user_text.lower())
    ids = [event.body["item"]["id"] for event in talk.events.of_type("conversation.item.added")]
    asked = next(
        event.body["item_id"]
        for event in talk.events.of_type("conversation.item.input_audio_transcription.completed")
        if event.body["transcript"] == view.user_text
    )
    at = ids.index(asked)
    for item in ids[at : at + 2]:
        talk.send_event({"type": "conversation.item.delete", "item_id": item})


def main(arguments: list[str]) -> int:
    """Check, or record."""
    if "--check" in arguments:
        return check()
    return record(Path(arguments[0]) if arguments else PATH)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
