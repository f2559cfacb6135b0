"""Write the rtnb versions of two notebooks of the public OpenAI cookbook, and execute them.

``Context_summarization_with_realtime_api`` becomes notebooks/07_long_conversations.ipynb,
``Realtime_out_of_band_transcription`` becomes notebooks/10_out_of_band_transcription.ipynb. The subjects are theirs,
text and code are our own.

Usage: python tools/make_cookbook_ports.py [--no-execute]
"""

from __future__ import annotations

import sys

from notebooks import FOLDER, Cell, write

LONG = FOLDER / "07_long_conversations.ipynb"
OUT_OF_BAND = FOLDER / "10_out_of_band_transcription.ipynb"

LONG_CELLS: list[Cell] = [
    (
        "markdown",
        """\
# Long conversations: when the context grows, sum it up

A realtime model reads the **whole conversation again for every answer**. A minute of your speech is 600 tokens,
a minute of the assistant's 1,200, and all of them are read, and billed, once more in every turn that follows.
After a quarter of an hour the model forgets the beginning, because the context window is full.

The remedy is old: from time to time the old turns are replaced by a short summary. The OpenAI cookbook shows
how, in the notebook *Context summarization with the Realtime API*: 425 lines that open the socket, read the
microphone, keep the state of the conversation, count tokens, ask another model for a summary, insert it and
delete the old items, one by one, while the talk goes on. Here it is one argument of `connect`.

Everything runs on rtnb's embedded server, on this machine, without a key and without cost.""",
    ),
    (
        "markdown",
        """\
## Connect, with a policy

`Summarise(above_tokens=1000, keep_turns=2)`: as soon as the conversation is longer than 1,000 tokens, everything
but the last two turns becomes a summary. It waits until that is worth it: a summary has to take out a third of
that number at least. For real talks take a larger one, such as 8,000; with 1,000 it happens before our eyes.""",
    ),
    (
        "code",
        """\
import rtnb

s = rtnb.connect(instructions="You are brief.", policy=rtnb.Summarise(above_tokens=1000, keep_turns=2))""",
    ),
    (
        "markdown",
        """\
## Talk

First eight seconds of two people on the telephone, streamed at the pace they were spoken: turn detection cuts
them into turns, and each is answered.""",
    ),
    ("code", 's.stream(rtnb.Clip.load(rtnb.sample("dialogue_sample"))[6:14], name="telephone call")'),
    (
        "markdown",
        """\
Then a spoken question, and seven more out of a recorded lesson. The answers sound as well; here they are not
shown one by one.""",
    ),
    ("code", 's.ask(rtnb.Clip.load(rtnb.sample("weather_question")))'),
    (
        "code",
        """\
for turn in rtnb.replay("data/ten_minutes.rtnb").turns[1:8]:
    s.ask(turn.user_audio, show=False)""",
    ),
    (
        "markdown",
        """\
## The tokens grow, and shrink again

What the model had to read for each answer:""",
    ),
    ("code", "[turn.usage.input_tokens for turn in s.turns if turn.usage]"),
    (
        "markdown",
        "The numbers go up turn by turn, and come down where the policy did its work. It says what it did:",
    ),
    ("code", 'print(*s.notices, sep="\\n")'),
    (
        "markdown",
        """\
A summary is not free, and not only for what it costs to write it: the server caches what a conversation begins
with, and behind the instructions it now begins differently. That is why a policy has a threshold, and does not
sum up all the time. The bill names the summaries as what they are, responses outside of the conversation:""",
    ),
    ("code", "s.usage"),
    (
        "markdown",
        """\
## Before and after

You and the assistant still have all turns: they are recorded. The model has what is listed here, a summary and
the latest turns. The summary was asked of the model itself, beside the conversation, and took the place of the
old items in the right order; user and assistant both appear in it.""",
    ),
    (
        "code",
        """\
print(len(s.turns), "turns were spoken; the model sees:")
print(*s.items, sep="\\n")""",
    ),
    ("code", "print(next(iter(s.items)).text)"),
    (
        "markdown",
        "Does it still know what was said before? It reads the summary, and answers from it, this time in writing:",
    ),
    ("code", 's.ask("What did we talk about?", modalities=["text"])'),
    (
        "markdown",
        """\
## By hand

`s.summarise()` sums up now, `s.prune(turns=3)` forgets all but the last three turns, and `rtnb.KeepLast(3)` is
the policy that does so by itself. A function of yours can write the summary, `rtnb.Summarise(4000,
by=my_function)`: it gets the old turns as text.""",
    ),
    (
        "code",
        """\
print(s.summarise(keep_turns=1))
s.close()""",
    ),
]

OUT_OF_BAND_CELLS: list[Cell] = [
    (
        "markdown",
        """\
# Out-of-band: have the model write down what it heard

The words that a realtime session shows for *your* side are written by a second, cheaper model that listens to
the same audio. The model that answers never sees them. So the two can disagree: the transcript says *otto
accident*, and the answer is rightly about an auto accident. Where transcripts are stored, searched or acted
upon, that hurts.

The OpenAI cookbook's notebook *Realtime out-of-band transcription* lets the answering model itself write down
what it heard: a second response in the same session that stays **out of band**, so that the conversation knows
nothing of it. It takes 640 lines there: prompts, audio devices, sockets, queues, matching of events, prices.
Here it is `s.transcribe(turn)`.

Everything runs on rtnb's embedded server, on this machine, without a key and without cost. One thing is
different from the real API then: this server has a single pair of ears, so both transcripts come from the same
recogniser. What can be learnt here is how it is done and what it would cost.""",
    ),
    ("markdown", "## A turn"),
    (
        "code",
        """\
import rtnb

s = rtnb.connect(instructions="You are brief.")
turn = s.ask(rtnb.Clip.load(rtnb.sample("weather_question")))""",
    ),
    (
        "markdown",
        """\
## The same turn, written down twice

The model gets the audio of this one turn and is asked for its words. Beside it stands what the session's own
transcription wrote, and what each of them costs at the list price of the day.""",
    ),
    ("code", "s.transcribe(turn)"),
    (
        "markdown",
        """\
What the model is told is a template. Read it, and replace it: `s.transcribe(turn, template=...)`; or add to it
with `more="Policy numbers are written like 56B5-12C0."`""",
    ),
    ("code", 'print(rtnb.aside_prompt("transcribe"))'),
    (
        "markdown",
        """\
## With the conversation as context

A model that has heard the conversation spells names as they were spelled before. With `context=True` it is
given everything up to the turn. The price: the whole conversation is read again for each transcript. We stream
some of a telephone call and transcribe its last turn both ways.""",
    ),
    ("code", 'run = s.stream(rtnb.Clip.load(rtnb.sample("dialogue_sample"))[6:14], name="telephone call")'),
    (
        "code",
        """\
alone, context = (s.transcribe(run.turns[-1], context=known) for known in (False, True))
print("built in:", alone.built_in_cost, "| the turn alone:", alone.cost, "| with context:", context.cost)""",
    ),
    (
        "markdown",
        """\
## Other things to ask beside a conversation

Everything that is about the conversation and not part of it: a label for the router, a check against a policy,
a summary for the file. They run in parallel with the talk and with each other, and what comes back is a value.""",
    ),
    ("code", 's.classify({"weather": "forecasts, rain, sun", "smalltalk": "people get to know each other"}, turn)'),
    ("code", "s.moderate(run.turns[-1]).reason"),
    ("code", 's.aside("Summarise the conversation in two sentences.")'),
    ("markdown", "None of it is in the conversation:"),
    ("code", 'print(len(s.turns), "turns,", len(s.items), "items in the conversation")'),
    (
        "markdown",
        """\
## If you only need words

A **transcription session** has no conversation and gives no answers: it writes down what it hears, with times,
and is by far the cheapest.""",
    ),
    (
        "code",
        """\
s.close()
with rtnb.transcription(turn_detection=rtnb.ServerVad(silence_duration_ms=400)) as t:
    display(t.transcribe(rtnb.sample("dialogue_sample")))""",
    ),
]


if __name__ == "__main__":
    execute = "--no-execute" not in sys.argv[1:]
    write(LONG, LONG_CELLS, execute=execute)
    write(OUT_OF_BAND, OUT_OF_BAND_CELLS, execute=execute)
