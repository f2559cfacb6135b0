# %% [markdown]
"""
# Teaching with recordings: a recording is a lesson

A live demonstration works once, in one room, if the network is up. A **recording** keeps every event and all sound of
a session in one file, and replays in the same views: no server, no key, no network, and everybody sees the same.

At the end you will be able to

- open a recording at any moment, walk through it event by event, and play it to a class;
- record a lesson of your own, make it small, and check that nothing is in it that should not be;
- show two recordings on one clock, so that one difference explains itself;
- turn a recording into a quiz whose answers it knows itself, and hand it out.

About 9 minutes. Everything is written into a temporary folder.
"""

# %% [markdown]
"""
## Open one

This lesson of eleven minutes comes with the notebooks: a learner asks a tutor about realtime voice models. `at(t)` is
the session as it stood at a moment, here after half a minute. Everything that rtnb shows of a live session it shows of
this one: cards, players, the bill so far.
"""

# %%
import rtnb

talk = rtnb.replay("data/ten_minutes.rtnb")
talk.at(30)

# %% [markdown]
"""
## Walk through it

A lesson stops where something happens. `steps` goes on event by event, or from one event of a type to the next, and
at each stop you have the session as it was. Here the walk stops wherever turn detection heard somebody begin to speak,
for the first minute, and says what the tutor had said last:
"""

# %%
for replay in talk.steps("input_audio_buffer.speech_started"):
    if replay.t_s > 60:
        break
    said = [turn.assistant_text for turn in replay.turns if turn.assistant_text]
    print(f"{replay.t_s:5.1f} s  {len(said)} answers so far; the last: {said[-1][:70] if said else 'none yet'}")

# %% [markdown]
"""
`play` does it by itself, at the pace of the session (`talk.play()`), faster (`talk.play(4)`), or as fast as it can,
while a card follows. With `longest_wait_s=0.5` pauses are cut short. It stops at `until_s`, where you explain, and
`talk.replay()` is the same as an object that you can `seek` and play on. What does any of these events mean?
`rtnb.explain` knows.
"""

# %%
lesson = talk.replay()
lesson.seek(190)
lesson.play(20, until_s=230, longest_wait_s=0.5, show=lambda replay: replay.turns[-1])

# %%
rtnb.explain("input_audio_buffer.speech_started")

# %% [markdown]
"""
## One moment, enlarged

In turn 13 the learner talks over the answer. Of any stretch there is a timeline of its own, and a page for people
without Python: `to_html` writes one without scripts, with players if you want them (`embed_audio=True`).
"""

# %%
talk.timeline.of_turns(12, 13)

# %% [markdown]
"""
## Record your own

Any session can be saved. This one asks the same spoken question twice, with two settings of turn detection: the
first lets 200 ms of silence pass before it answers, the second 900 ms. That is the only difference. (Recognition and
voices are loaded with the first question of a process, so it is asked once before, unrecorded.)
"""

# %%
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())


def record(silence_ms):
    vad = rtnb.ServerVad(silence_duration_ms=silence_ms)
    with rtnb.connect(instructions="You are brief.", turn_detection=vad, journal=False) as s:
        s.stream(rtnb.sample("weather_question"), show=False)
        return s.save(folder / f"silence_{silence_ms}.rtnb", audio="flac")


with rtnb.connect(journal=False) as s:
    s.ask(rtnb.Clip.load(rtnb.sample("weather_question")), show=False)

quick, patient = rtnb.replay(record(200)), rtnb.replay(record(900))
quick

# %% [markdown]
"""
## Two recordings on one clock

`against` puts the second below the first. `"speech"` lays them so that the question begins at the same place in
both; then everything that is further to the right came later. Ask the class first: *by how much?* The row
**response latency** has it, from the end of speech to the first sound of the answer, and **endpointing** says why: from
the end of speech to when turn detection was sure of it. (*p50*, where it is written, is the median. On a busy machine
recognition may use up the time that the shorter silence saved; the two rows tell these apart.)
"""

# %%
quick.timeline.against(patient.timeline, align="speech")

# %% [markdown]
"""
## Make it small

Sound is nearly all of a recording: about 2.9 MB a minute each way as it came. `"flac"` loses nothing, `"opus"` keeps
what the ear needs, `"none"` leaves the sound out and keeps the events and the words. The file of the lesson above is
in Opus: eleven minutes in 2.8 MB.
"""

# %%
for audio in ("pcm", "flac", "opus", "none"):
    small = quick.save(folder / f"{audio}.rtnb", audio=audio)
    print(f"{audio:5}{small.stat().st_size / 1000:7.0f} kB")

# %% [markdown]
"""
## Before you hand it out

**Keys** never enter a recording: rtnb keeps them in the connection, and takes them out of anything else that would
hold them. Do not take that on trust; a recording is a zip file with text in it, and you can look:
"""

# %%
import re
import zipfile

SECRET = r"\b(?:sk|ek)[-_]\w{8,}|Bearer \S+|/(?:home|Users)/\w+|[\w.]+@[\w.]+\.\w+"

with zipfile.ZipFile(folder / "opus.rtnb") as archive:
    texts = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(("json", "jsonl"))}

for name, text in texts.items():
    print(f"{name}: {len(text):,} characters, suspicious: {re.findall(SECRET, text) or 'nothing'}")

# %% [markdown]
"""
**Voices** are another matter. A voice is personal data, and so may be what it says: names, places, anything that
somebody told the model. No program can decide that for you. Before a recording of a person leaves your machine:

- have their consent, for this use;
- remember your notebook: cards and timelines with players keep both voices in it, too (*Clear All Outputs* takes them
  out);
- listen to it, and read both sides:
"""

# %%
for turn in quick.turns:
    print("user:     ", turn.user_text)
    print("assistant:", turn.assistant_text)

# %% [markdown]
"""
- leave the sound out where the lesson does not need it (`audio="none"`). The words stay: if they are the problem,
  record the lesson again with a synthetic voice. The instructions are in the recording, too
  (`recording.config["instructions"]`), and so are the arguments and results of tools.

## A quiz that knows its answers

What happened is in the recording, as numbers with names. So questions can be made of it, and their answers as well.
Each of these has one right choice; the wrong ones come from other turns of the same talk.
"""

# %%
import random


def quiz(recording, turns, seed=0):
    draw, questions = random.Random(seed), []
    everything = recording.turns
    for index in turns:
        others = draw.sample([each for each in everything if each.index != index and each.assistant_text], 3)
        right = everything[index].assistant_text
        choices = draw.sample([right, *(each.assistant_text for each in others)], 4)
        ask = f"What does the tutor answer to: {everything[index].user_text}"
        questions.append({"ask": ask, "choices": choices, "answer": choices.index(right)})
    return questions


questions = quiz(talk, [5, 9, 16])
for number, each in enumerate(questions, 1):
    print(f"{number}. {each['ask']}")
    for letter, choice in zip("abcd", each["choices"], strict=True):
        print(f"   {letter}) {choice[:90]}")

# %% [markdown]
"""
Questions about *time* are answered by `timing`, which has every latency by its name. The wrong choices are other times
of the same two recordings: what the quick server needed, and how long the patient one kept the user waiting in all.
"""

# %%
def ms(recording, name):
    return round(recording.timing[name].p50 * 1000)


right = ms(patient, "endpointing")
choices = sorted({0, right, ms(quick, "endpointing"), ms(patient, "response_latency")})
ask = "How many ms passed from the end of speech until the patient server was sure of it?"
questions.append({"ask": ask, "choices": choices, "answer": choices.index(right)})

print(questions[-1])

# %% [markdown]
"""
## Hand it out

A class needs one file. This one holds the recordings that the questions are about, a page that opens in any browser
(the two questions on one clock, with players), the questions without their answers, and a note for those who have rtnb.
The answers stay with you.
"""

# %%
import json
import shutil

handout = folder / "handout"
handout.mkdir()

shutil.copy("data/ten_minutes.rtnb", handout / "talk.rtnb")
quick.save(handout / "quick.rtnb", audio="opus")
patient.save(handout / "patient.rtnb", audio="opus")
quick.timeline.to_html(handout / "lesson.html", patient.timeline, embed_audio=True)
asked = [{"ask": each["ask"], "choices": each["choices"]} for each in questions]
(handout / "questions.json").write_text(json.dumps(asked, indent=1))
(handout / "README.txt").write_text('In a notebook cell:\n\nimport rtnb\nrtnb.replay("talk.rtnb")\n')

packed = Path(shutil.make_archive(str(folder / "lesson"), "zip", handout))
for each in sorted(handout.iterdir()):
    print(f"{each.name:16}{each.stat().st_size / 1000:7.1f} kB")
print(f"{packed.name:16}{packed.stat().st_size / 1000:7.1f} kB")

# %% [markdown]
"""
What comes back is a list of choices, and marking it is one line:
"""

# %%
handed_in = [questions[0]["answer"], questions[1]["answer"], 0, 1]

marks = sum(mine == each["answer"] for mine, each in zip(handed_in, questions, strict=True))
print(f"{marks} of {len(questions)} right")

# %% [markdown]
"""
## Exercises

**1.** Find the moments of `talk` at which somebody was interrupted, without listening to it all. How much of each of
these answers was heard?

<details><summary>One way</summary>

```python
for turn in talk.turns:
    if turn.unheard_s:
        print(f"turn {turn.index + 1}: {turn.heard_s:.1f} s heard, {turn.unheard_s:.1f} s not: {turn.user_text}")
```

</details>

**2.** Write a question of the kind "what comes next?": stop at a `speech_stopped` and ask which events follow, until
the first sound of the answer. Let the recording tell the answer.

<details><summary>One way</summary>

```python
replay = quick.replay()
replay.step(until="input_audio_buffer.speech_stopped")
following = []
while not following or following[-1] != "response.output_audio.delta":
    event = replay.step()
    if event.direction == "received" and event.type not in following:
        following.append(event.type)
print(*following, sep="\n")
```

</details>

**3.** Make a recording without sound from `patient`, open it, and find out what of the lesson is lost.

<details><summary>One way</summary>

```python
silent = rtnb.replay(patient.save(folder / "silent.rtnb", audio="none"))
print("words:  ", silent.turns[0].user_text, "/", silent.turns[0].assistant_text)
print("latency:", silent.turns[0].latency, "as with sound:", patient.turns[0].latency)
print("sound:  ", silent.turns[0].assistant_audio)
```

</details>
"""

# %% [markdown]
"""
## Close

There is no session to close here: both were closed where they were recorded, and a recording holds nothing open. The
temporary folder may go:
"""

# %%
shutil.rmtree(folder)

rtnb.open_sessions()

# %% [markdown]
"""
This was the last notebook of the course. A plan for ninety minutes with a class: [Teaching](../docs/teaching.md). From
here: try turn detection on recordings of your own ([03](03_turn_detection.ipynb)), or test an agent of yours in
continuous integration ([08](08_from_notebook_to_ci.ipynb)).
"""
