"""The console in the kernel, with real sessions on the embedded server and pages that are these tests."""

from __future__ import annotations

import asyncio
import io
import json
import time
from typing import Any

import numpy as np
import pytest
from support.comms import RememberedComm
from support.consoles import ConsolePage, wait_for
from support.emitter import begun, emitter
from support.puppet import Puppet, approval_request, mcp_call, message

import rtnb
from rtnb.errors import ConfigError, SessionClosedError
from rtnb.testing import Close, ScriptedServer, greeting

QUICK = rtnb.LocalServer(realtime_factor=0)


def wav(clip: rtnb.Clip) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, clip.samples, clip.rate_hz, format="WAV", subtype="PCM_16")
    return buffer.getvalue()


def upload(page: ConsolePage, data: bytes, name: str, mime: str, **more: Any) -> dict[str, Any]:
    """As a page does it, in pieces of 64 kB and as it is let."""
    command = page.ask("upload", name=name, mime=mime, bytes=len(data), **more)
    first = wait_for(lambda: [m for m, _ in page.about(command)])[0]
    if first["type"] == "go":
        for at in range(0, len(data), 65536):
            page.say(data[at : at + 65536], type="chunk", id=command, at=at)
    return page.answer(command)


def test_what_is_typed_streams_back_to_every_page(shown: Any, comms: list[RememberedComm]) -> None:
    session, console, page = shown()
    assert page.rows == [] and page.status["can"]["send"] and page.status["endpoint"] == "embedded server"
    other = ConsolePage(comms, page="p2", of=page).hello()
    rtnb.Console(session)
    again = ConsolePage(comms).hello()
    assert page.do("send", text="What is 6 times 7?")["type"] == "done"
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts()) == 2)
    asked, answered = page.rows
    assert (asked["who"], asked["text"], asked["turn"]) == ("user", "What is 6 times 7?", 0)
    assert answered["who"] == "assistant" and "42" in answered["text"] and not answered["streaming"]
    assert answered["spoken"] and answered["audio_s"] > 0.5 and answered["deletable"] and answered["replayable"]
    assert page.status["turns"] == 1 and page.status["cost"]["usd"] > 0 and page.status["context"]["used"] > 0
    assert page.status["context"]["window"] == 128000
    # Another page, another console, and one that comes late: all have the same.
    late = ConsolePage(comms, page="p3", of=page).hello()
    for each in (other, again, late):
        wait_for(lambda each=each: each.read().rows == page.rows)
    assert repr(console) == "Console(embedded server · gpt-realtime-2.1, open, 1 turn)"


def test_everything_that_can_be_pressed(shown: Any) -> None:
    session, _, page = shown(modalities=["text"])
    assert page.do("send", text="Hello.", respond=False)["type"] == "done"
    wait_for(lambda: page.texts() == ["Hello."])
    assert page.do("respond")["type"] == "done"
    wait_for(lambda: len(page.texts("assistant")) == 1 and not page.rows[-1]["streaming"])
    assert page.do("interrupt")["type"] == "done"
    assert "0 ms" in page.do("commit")["text"] or page.do("commit")["type"] == "done"
    assert page.do("clear")["type"] == "done"
    first = page.rows[0]
    assert page.do("delete", item=first["item"])["type"] == "done"
    wait_for(lambda: first["id"] not in [row["id"] for row in page.read().rows])
    assert page.do("replay", item=page.rows[-1]["item"]) == {
        "type": "failed", "page": "p1", "id": "p1-7",
        "text": "There is no sound of it here: it was never spoken, or the recording was made without.",
    }  # fmt: skip
    for verb, members, words in (
        ("send", {"text": "  "}, "nothing to say"),
        ("delete", {"item": "no such"}, "not in this conversation"),
        ("dance", {}, "no command 'dance'"),
        ("raise_budget", {}, "Say which limit"),
        ("explain", {"event": 10**9}, "no such event"),
        ("answer", {"call": "no", "output": "x"}, "no open call"),
        ("approve", {"item": first["item"], "approve": True}, "decided already"),
        ("update", {"settings": {"colour": "red"}}, "no setting 'colour'"),
        ("picture", {"item": page.rows[-1]["item"], "index": 3}, "picture is not here"),
    ):
        found = page.do(verb, **members)
        assert found["type"] == "failed" and words in found["text"] and "\n" not in found["text"], found
    # A name of a file is words here: nobody at a page means the kernel's machine.
    assert page.do("send", text="secret.wav", respond=False)["type"] == "done"
    wait_for(lambda: page.texts()[-1] == "secret.wav")
    assert session.status == "open"


def test_an_answer_is_stopped_and_says_how_much_was_heard(shown: Any) -> None:
    _, _, page = shown(server=rtnb.LocalServer(realtime_factor=1.0))
    page.do("send", text="Count from one to thirty, please.")
    wait_for(lambda: page.status["sounding"])
    time.sleep(0.4)
    assert page.status["can"]["interrupt"]
    assert page.do("interrupt")["type"] == "done"
    row = wait_for(lambda: next((r for r in page.read().rows if r.get("heard_s") is not None), None))
    wait_for(lambda: not page.status["sounding"] and page.status["busy"] == "")
    assert 0 < row["heard_s"] <= row["audio_s"] and 0 <= row["heard_chars"] <= len(row["text"])
    assert "heard" in row["note"] and row["tone"] == "warn"


def test_a_sound_comes_back_to_the_page_that_asked(shown: Any, comms: list[RememberedComm]) -> None:
    session, _, page = shown()
    other = ConsolePage(comms, page="p2", of=page).hello()
    page.do("send", text="Spell cat.")
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    row = page.rows[-1]
    command = page.ask("replay", item=row["item"])
    assert page.answer(command)["type"] == "done"
    sounds = [(m, b) for m, b in page.about(command) if m["type"] == "sound"]
    data = b"".join(buffer for _, buffers in sounds for buffer in buffers)
    assert sounds[0][0]["rate"] == 24000 and [m["part"] for m, _ in sounds] == list(range(sounds[0][0]["parts"]))
    assert data == session.turns[0].audio.to_pcm16(24000) and not other.about(command)


def test_an_audio_file_is_exactly_one_turn(shown: Any) -> None:
    session, _, page = shown()
    question = wav(rtnb.Clip.load(rtnb.sample("weather_question")))
    found = upload(page, question, "weather.wav", "audio/wav")
    assert found["type"] == "done" and found["text"].startswith("weather.wav, "), found
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    wait_for(lambda: "weather" in page.texts("user")[0].lower())
    said = page.rows[0]
    assert said["spoken"] and said["audio_s"] > 1 and said["replayable"]
    assert len(session.turns) == 1 and session.config.turn_detection is not None


def test_a_picture_with_a_question_is_one_message_and_can_be_looked_at(shown: Any) -> None:
    from matplotlib.figure import Figure

    buffer = io.BytesIO()
    Figure(figsize=(1, 1), dpi=40).savefig(buffer, format="png")
    png = buffer.getvalue()
    session, _, page = shown(modalities=["text"])
    assert upload(page, png, "chart.png", "image/png", text="What is this?")["type"] == "done"
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    row = page.rows[0]
    assert row["text"] == "What is this?" and len(session.turns) == 1
    (image,) = row["images"]
    assert (image["mime"], image["width"], image["height"]) == ("image/png", 40, 40)
    command = page.ask("picture", item=row["item"], index=image["index"])
    assert page.answer(command)["type"] == "done"
    assert [b for m, b in page.about(command) if m["type"] == "picture"] == [[png]]
    assert "base64" not in json.dumps([m for m, _ in page.wire.told()])


def test_several_pictures_are_one_message_or_none(shown: Any) -> None:
    from matplotlib.figure import Figure

    pngs = []
    for dpi in (40, 50):
        buffer = io.BytesIO()
        Figure(figsize=(1, 1), dpi=dpi).savefig(buffer, format="png")
        pngs.append(buffer.getvalue())
    session, _, page = shown(modalities=["text"])

    def keep(data: bytes, name: str) -> str:
        found = upload(page, data, name, "image/png", keep=True, respond=False)
        assert found["type"] == "done", found
        return str(found["id"])

    first = keep(pngs[0], "a.png")
    # The last one is broken: nothing of it is in the conversation.
    assert upload(page, b"\x89PNG\r\n\x1a\n", "b.png", "image/png", text="And?", also=[first])["type"] == "failed"
    assert page.read().rows == [] and len(session.turns) == 0
    found = upload(page, pngs[1], "b.png", "image/png", text="Which is larger?", also=[keep(pngs[0], "a.png")])
    assert found["type"] == "done", found
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    row = page.rows[0]
    sizes = [image["width"] for image in row["images"]]
    assert (row["text"], sizes, len(session.turns)) == ("Which is larger?", [40, 50], 1)


def test_files_that_cannot_be_said_are_refused_with_a_sentence(shown: Any) -> None:
    session, _, page = shown(modalities=["text"])
    noise = np.random.default_rng(1).bytes(3000)
    for data, name, mime, words in (
        (noise, "noise.wav", "audio/wav", "neither sound nor an image"),
        (b"GIF89a" + noise, "cat.gif", "image/gif", "a GIF file"),
        (wav(rtnb.Clip.silence(0.02)), "blip.wav", "audio/wav", "20 ms"),
        (b"\x89PNG\r\n\x1a\n", "cut.png", "image/png", "cut short or damaged"),
    ):
        found = upload(page, data, name, mime)
        assert found["type"] == "failed" and words in found["text"], found
    for size, mime, words in ((65 << 20, "audio/wav", "64 MB"), (21 << 20, "image/png", "20 MB"), (0, "", "empty")):
        found = page.do("upload", name="big", mime=mime, bytes=size)
        assert found["type"] == "failed" and words in found["text"], found
    assert len(session.turns) == 0 and session.status == "open"


def test_push_to_talk_is_one_turn_though_the_detector_would_make_two(shown: Any) -> None:
    session, _, page = shown()
    question = rtnb.Clip.load(rtnb.sample("weather_question"))
    # A pause of a second in the middle: turn detection ends a turn after 0.2 s of it.
    data = rtnb.Clip.concat([question, question], gap_s=1.0).to_pcm16(24000)
    page.mic(type="on", device="Headset")
    assert page.do("talk", down=True)["type"] == "done"
    wait_for(lambda: page.read().parts["mic"]["holding"])
    assert page.status["text"] == "Listening while you hold the button."
    assert session.config.turn_detection is None
    last = page.frames(data)
    found = page.do("talk", down=False, last=last)
    assert found["type"] == "done" and found["text"].endswith("were sent."), found
    page.mic(type="off")
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    wait_for(lambda: session.config.turn_detection is not None)
    assert len(session.turns) == 1 and len(page.texts("user")) == 1
    assert page.rows[0]["audio_s"] == pytest.approx(len(data) / 48000, abs=0.1)
    kinds = [event.type for event in session.events if event.direction == "sent"]
    assert kinds.count("input_audio_buffer.commit") == 1 and kinds.count("response.create") == 1


def test_a_hold_that_says_nothing_sends_nothing(shown: Any) -> None:
    session, _, page = shown(turn_detection=None)
    page.mic(type="on")
    page.do("talk", down=True)
    found = page.do("talk", down=False, last=-1)
    assert found["type"] == "failed" and "Hold the button while you speak." in found["text"]
    page.do("talk", down=True)
    other = page.do("talk", down=True)
    assert other["type"] == "failed" and "held" in other["text"]
    last = page.frames(bytes(9600))
    assert page.do("talk", down=False, last=last, cancel=True)["text"] == "Nothing was sent."
    assert page.do("talk", down=False, last=last)["type"] == "done"
    # The page goes away in the middle of one.
    page.do("talk", down=True)
    page.mic(type="off")
    wait_for(lambda: not page.read().parts["mic"]["holding"])
    kinds = [event.type for event in session.events if event.direction == "sent"]
    assert "input_audio_buffer.commit" not in kinds and "response.create" not in kinds
    # Without turn detection a hold is a turn as well.
    page.mic(type="on")
    page.do("talk", down=True)
    last = page.frames(rtnb.Clip.load(rtnb.sample("weather_question")).to_pcm16(24000))
    assert page.do("talk", down=False, last=last)["type"] == "done"
    # It would have to report what it plays.
    page.mic(type="off")
    wait_for(lambda: len(page.texts("assistant")) == 1 and page.status["can"]["respond"])
    assert len(session.turns) == 1


def test_an_open_microphone_is_heard_by_turn_detection(shown: Any) -> None:
    session, console, page = shown()
    page.mic(type="on", device="Headset")
    wait_for(lambda: page.read().parts["mic"]["page"] == "e1")
    assert page.parts["mic"]["device"] == "Headset" and console.listening and page.status["text"] == "Listening."
    question = rtnb.Clip.concat([rtnb.Clip.load(rtnb.sample("weather_question")), rtnb.Clip.silence(1.0)])
    page.frames(question.to_pcm16(24000))
    wait_for(lambda: page.texts("assistant"))
    page.mic(type="off")
    wait_for(lambda: page.status["can"]["respond"] and not any(row["streaming"] for row in page.rows))
    assert "weather" in page.texts("user")[0].lower() and len(session.turns) == 1
    assert [m["mic"]["type"] for m, _ in page.wire.told("mic")][:2] == ["taken", "ack"]
    assert page.do("mute", on=True)["type"] == "done" and not console.listening


def test_two_consoles_have_one_microphone(shown: Any, comms: list[RememberedComm]) -> None:
    session, console, page = shown()
    second = rtnb.Console(session)
    other = ConsolePage(comms).hello()
    page.mic(type="on", engine="e1")
    wait_for(lambda: console.listening)
    other.mic(type="on", engine="e2")
    wait_for(lambda: second.listening and not console.listening)
    assert [m["mic"]["page"] for m, _ in page.wire.told("mic") if m["mic"]["type"] == "stop"] == ["e1"]
    assert page.read().parts["mic"]["page"] == "" or wait_for(lambda: page.read().parts["mic"]["page"] == "")
    # The first page's last word takes nothing from the second.
    page.mic(type="off", engine="e1")
    other.mic(bytes(2880), type="frame", seq=0, engine="e2")
    wait_for(lambda: session._async.core.talk.clock.total_bytes == 2880)
    assert second.listening and session._async.core.talk.player.attached
    other.mic(type="off", engine="e2")
    wait_for(lambda: not second.listening)


def test_settings_are_shown_changed_and_agreed_on(shown: Any, comms: list[RememberedComm]) -> None:
    def lookup(order: str) -> str:
        """Look an order up."""
        return "shipped"

    session, _, page = shown(tools=[lookup])
    late = ConsolePage(comms, page="p2", of=page).hello()

    def field(name: str) -> dict[str, Any]:
        return next(each for each in late.read().parts["settings"]["fields"] if each["name"] == name)

    assert page.parts["settings"]["tools"] == [
        {"name": "lookup", "kind": "function", "description": "Look an order up.", "on": True}
    ]
    vad = {"type": "server_vad", "threshold": 0.7, "silence_duration_ms": 640.0, "idle_timeout_ms": 6000}
    settings = {"instructions": "Be brief.", "voice": "cedar", "speed": 1.2, "max_output_tokens": 200}
    found = page.do("update", settings=settings, turn_detection=vad, tools={"lookup": False})
    assert found == {"type": "done", "page": "p1", "id": "p1-0", "text": "Applied."}
    wait_for(lambda: field("instructions")["value"] == "Be brief.")
    assert (field("voice")["value"], field("speed")["value"], field("max_output_tokens")["value"]) == (
        "cedar",
        1.2,
        200,
    )
    detection = late.parts["settings"]["turn_detection"]
    now = {each["name"]: each["value"] for each in detection["kinds"][0]["fields"]}
    assert detection["value"] == "server_vad" and now == {
        "threshold": 0.7, "prefix_padding_ms": 300, "silence_duration_ms": 640, "idle_timeout_ms": 6000,
        "create_response": True, "interrupt_response": True,
    }  # fmt: skip
    wait_for(lambda: not late.read().parts["settings"]["tools"][0]["on"])
    assert session.config.tools == []
    assert page.do("update", tools={"lookup": True}, settings={"max_output_tokens": None})["type"] == "done"
    assert [tool["name"] for tool in session.config.tools] == ["lookup"] and session.config.max_output_tokens == "inf"
    for wrong, words in (
        ({"turn_detection": {"type": "server_vad", "threshold": 7}}, "threshold"),
        ({"settings": {"voice": "nobody"}}, "nobody"),
        ({"tools": {"nothing": True}}, "no tool"),
        ({"turn_detection": {"type": "server_vad", "eagerness": "low"}}, "no parameter 'eagerness'"),
    ):
        found = page.do("update", **wrong)
        assert found["type"] == "failed" and words in found["text"], found
    assert page.do("update", turn_detection={"type": "semantic_vad", "eagerness": "low"})["type"] == "done"
    assert session.config.turn_detection == rtnb.SemanticVad(
        eagerness="low", create_response=True, interrupt_response=True
    )
    assert page.do("update", turn_detection={"type": "none"})["type"] == "done"
    wait_for(lambda: late.read().parts["settings"]["turn_detection"]["value"] == "none")


def test_another_model_and_voice_begin_on_a_new_connection(shown: Any) -> None:
    session, _, page = shown()
    page.do("send", text="Spell cat.")
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    rows = [row["id"] for row in page.rows]
    found = page.do("update", settings={"model": "gpt-realtime-2.1-mini", "voice": "marin"})
    assert found["type"] == "done" and "new connection" in found["text"], found
    wait_for(lambda: page.status["model"] == "gpt-realtime-2.1-mini" and page.status["voice"] == "marin")
    assert session.config.model == "gpt-realtime-2.1-mini" and page.status["state"] == "open"
    assert [row["id"] for row in page.read().rows if row["kind"] == "message"] == rows
    assert all(row["deletable"] for row in page.rows if row["kind"] == "message")
    assert any("Handed over" in row["text"] or "connection" in row["text"] for row in page.of_kind("note"))
    page.do("send", text="What is 6 times 7?")
    wait_for(lambda: len(page.texts("assistant")) == 2 and "42" in page.texts("assistant")[1])


def test_tools_and_what_waits_for_somebody(shown: Any) -> None:
    def lookup_order(order_id: str) -> dict[str, str]:
        """Look an order up by its id."""
        return {"status": "shipped"}

    _, _, page = shown(modalities=["text"], tools=[lookup_order])
    page.do("send", text="Please look up order 17.")
    row = wait_for(lambda: next((r for r in page.of_kind("call") if r["output"]), None), 10)
    wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
    row = page.of_kind("call")[0]
    assert row["text"] == 'lookup_order(order_id="17")' and "shipped" in row["output"] and row["took_s"] is not None
    assert not row["open"] and not row["approval"] and not row["streaming"] and row["turn"] == 0


def test_a_call_by_hand_waits_and_is_answered_from_the_page(shown: Any) -> None:
    by_hand = {
        "type": "function",
        "name": "lookup_order",
        "description": "Look an order up by its id.",
        "parameters": {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]},
    }
    _, _, page = shown(modalities=["text"], tools=[by_hand])
    page.do("send", text="Please look up order 17.")
    row = wait_for(lambda: next((r for r in page.of_kind("call") if r["open"]), None), 10)
    wait_for(lambda: page.status["text"] == "A call waits for your decision.")
    assert row["note"] == "waits for your decision" and json.loads(row["arguments"]) == {"order_id": "17"}
    assert row["note"] == "waits for your decision"
    assert page.do("answer", call=row["call"], output='{"status": "lost"}')["type"] == "done"
    wait_for(lambda: page.texts("assistant") and page.status["can"]["respond"])
    row = page.of_kind("call")[0]
    assert not row["open"] and row["output"] == '{"status": "lost"}'
    assert page.do("answer", call=row["call"], output="again")["type"] == "failed"


def test_a_call_of_a_server_that_waits_does_not_run(comms: list[RememberedComm]) -> None:
    with Puppet([approval_request("mcpr_1")], [mcp_call("mcpr_1", "ok"), message("Refunded.")]).server() as server:
        tool = rtnb.Mcp("shop", url="https://shop.example/mcp", require_approval="always")
        with rtnb.connect(server.url, journal=False, tools=[tool]) as session:
            rtnb.Console(session)
            page = ConsolePage(comms).hello()
            page.ask("send", text="Refund it.")
            row = wait_for(lambda: next((r for r in page.of_kind("call") if r["open"]), None))
            wait_for(lambda: page.status["text"] == "A call waits for your decision.")
            assert row["approval"] and row["note"] == "waits for your decision"
            assert page.do("approve", item=row["item"], approve=True)["type"] == "done"
            wait_for(lambda: page.status["text"] != "A call waits for your decision.")


def test_what_is_hidden_is_never_sent_back(shown: Any) -> None:
    session, _, page = shown(modalities=["text"], instructions="Use the key sk-proj-abcdefghijklmnopqrstuv0123.")

    def field() -> dict[str, Any]:
        return next(each for each in page.read().parts["settings"]["fields"] if each["name"] == "instructions")

    assert field()["hidden"] and field()["value"] == "" and "replaces" in field()["help"]
    assert page.of_kind("note") == []
    found = page.do("update", settings={"instructions": "Use the key [redacted], and be brief."})
    assert found["type"] == "failed" and "write them whole" in found["text"]
    assert page.do("update", settings={"max_output_tokens": 300})["text"] == "Applied."
    asked = [e.body["session"] for e in session.events if e.direction == "sent" and e.type == "session.update"]
    assert "instructions" not in asked[-1]
    assert page.do("update", settings={"instructions": "Be brief."})["type"] == "done"
    wait_for(lambda: field()["value"] == "Be brief." and "hidden" not in field())


def test_errors_are_rows_that_can_be_explained(shown: Any) -> None:
    session, _, page = shown(modalities=["text"])
    session.send_event(
        {"type": "conversation.item.truncate", "item_id": "nothing", "content_index": 0, "audio_end_ms": 1}
    )
    session.send_event(
        {"type": "session.update", "session": {"type": "realtime", "audio": {"output": {"voice": "zz"}}}}
    )
    row = wait_for(lambda: page.of_kind("error"))[-1]
    assert "zz" in row["text"] and row["who"] == "server" and row["event"] >= 0
    command = page.ask("explain", event=row["event"])
    assert page.answer(command)["type"] == "done"
    (told,) = [m for m, _ in page.about(command) if m["type"] == "explanation"]
    assert told["title"] and all(part["text"] for part in told["parts"])


def test_a_budget_is_shown_refuses_in_words_and_can_be_raised(shown: Any) -> None:
    _, _, page = shown(modalities=["text"], budget_tokens=60)
    assert page.status["limits"][0]["name"] == "budget_tokens"
    page.do("send", text="Hello.")
    wait_for(lambda: page.status["tokens"] > 0 and page.status["can"]["respond"])
    found = page.do("send", text="And again, please: tell me a story.")
    assert (
        found["type"] == "failed" and "budget_tokens" in found["text"] and found["code"].startswith("s.raise_budget(")
    )
    assert page.do("raise_budget", tokens=50)["type"] == "failed"
    assert page.do("raise_budget", tokens=100_000.0)["text"] == "The limit is raised."
    assert page.do("send", text="And again, please.")["type"] == "done"
    wait_for(lambda: len(page.texts("assistant")) == 2)


def test_a_session_that_closes_says_so_and_offers_the_way_on(comms: list[RememberedComm]) -> None:
    with rtnb.connect("local", server=QUICK, journal=False, modalities=["text"]) as session:
        console = rtnb.Console(session)
        page = ConsolePage(comms).hello()
        page.do("send", text="Hello.")
        wait_for(lambda: page.status["can"]["respond"] and len(page.texts("assistant")) == 1)
        assert not console.frozen
    assert page.status["state"] == "closed" and not any(page.status["can"].values())
    assert page.status["way_on"]["code"].startswith("s = rtnb.connect()") and "closed" in page.status["way_on"]["text"]
    assert console.frozen and "closed" in page.wire.settings["closed"]
    still = console._repr_mimebundle_()
    assert "Hello." in still["text/html"] and "<script" not in still["text/html"]
    assert "application/vnd.jupyter.widget-view+json" not in still
    with pytest.raises(SessionClosedError, match="The session is over"):
        rtnb.Console(session)
    session.close()
    console.freeze()


def test_a_session_that_is_lost_stays_readable_and_says_how_to_go_on(comms: list[RememberedComm]) -> None:
    def script(event: dict[str, Any]) -> list[Any]:
        if event["type"] == "session.update":
            return [{"type": "session.updated", "session": {"id": "sess", **event["session"]}}]
        return [Close(1011, "Gone.")] if event["type"] == "test.go" else []

    server = ScriptedServer(script, first=[greeting(model="m")])
    with server, rtnb.connect(server.url, journal=False, reconnect=False) as session:
        console = rtnb.Console(session)
        page = ConsolePage(comms).hello()
        page.ask("send", text="Hello.")
        wait_for(lambda: page.texts() == ["Hello."])
        session.send_event({"type": "test.go"})
        wait_for(lambda: page.status["state"] == "lost")
        assert page.status["way_on"]["code"].startswith("s = rtnb.connect(...)") and not page.status["can"]["send"]
        found = page.do("send", text="Are you there?")
        assert found["type"] == "failed" and "connection" in found["text"] and found["code"]
        assert page.do("upload", name="a.wav", mime="audio/wav", bytes=10)["type"] == "failed"
        command = page.ask("whole", item=page.rows[0]["item"])
        assert page.answer(command)["type"] == "done" and not console.frozen
        assert [m["text"] for m, _ in page.about(command) if m["type"] == "text"] == ["Hello."]
    assert console.frozen


def test_a_long_talk_is_given_by_its_end_and_more_on_demand(comms: list[RememberedComm]) -> None:
    with emitter() as server, rtnb.connect(server.url, journal=False) as session:
        rtnb.Console(session)
        items = [
            {"type": "conversation.item.added", "item": {"id": f"i{n}", "type": "message", "role": "user",
             "content": [{"type": "input_text", "text": f"Number {n}"}]}}
            for n in range(450)
        ]  # fmt: skip
        session.send_event({"type": "test.emit", "events": items})
        wait_for(lambda: len(session._async.core.talk.order) == 450)
        page = ConsolePage(comms).hello()
        assert page.texts()[0] == "Number 250" and page.earlier == 250 and len(page.rows) == 200
        command = page.ask("earlier", before="i250", count=1000)
        page.answer(command)
        ((told, _),) = [(m, b) for m, b in page.about(command) if m["type"] == "rows"]
        assert [row["text"] for row in told["rows"]][::199] == ["Number 50", "Number 249"] and told["earlier"] == 50
        # A flood of small pieces is told in few patches, as tails.
        where = {"response_id": "r", "item_id": "a", "output_index": 0, "content_index": 0}
        words = [{"type": "response.output_text.delta", "delta": f"w{n} 🙂", **where} for n in range(2000)]
        session.send_event({"type": "test.emit", "events": [*begun("r", "a"), *words]})
        wait_for(lambda: page.texts("assistant") and page.texts("assistant")[0].endswith("w1999 🙂"))
        assert page.patches < 60
        assert sum(len(json.dumps(m)) for m, _ in page.wire.told("patch")) < 150_000
        # Bye: nothing is said any more, and hello brings all of it.
        page.say(type="bye")
        time.sleep(0.2)
        before = len(page.wire.told("patch"))
        session.send_event({"type": "test.emit", "events": words[:3]})
        time.sleep(0.2)
        assert len(page.wire.told("patch")) == before
        page.hello()
        assert page.texts("assistant")[0].endswith("w2 🙂")


def test_what_a_console_takes() -> None:
    with pytest.raises(TypeError, match="Console has no option 'hight'; did you mean 'height'"):
        rtnb.Console(None, hight=3)  # type: ignore[arg-type]
    for options, words in (
        ({"height": 3}, "height is a whole number"),
        ({"play": "yes"}, "play of a Console is True or False"),
    ):
        with pytest.raises(ConfigError, match=words):
            rtnb.Console(None, **options)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="needs a session"):
        rtnb.Console("s")  # type: ignore[arg-type]
    with (
        rtnb.transcription("local", server=QUICK) as transcription,
        pytest.raises(ConfigError, match="has no conversation: its transcript is what was said"),
    ):
        rtnb.Console(transcription)  # type: ignore[arg-type]


def test_an_async_session_has_one_on_its_own_loop(comms: list[RememberedComm]) -> None:
    async def main() -> None:
        async with rtnb.AsyncSession("local", server=QUICK, journal=False, modalities=["text"]) as session:
            console = rtnb.Console(session)
            page = ConsolePage(comms)
            page.say(type="hello")
            await asyncio.sleep(0.2)
            assert page.read().seq is not None
            await session.ask("Hello.")
            await asyncio.sleep(0.2)
            assert len(page.texts("assistant")) == 1
            console.freeze()
            assert console.frozen and "Hello." in console._repr_mimebundle_()["text/plain"]

    asyncio.run(main())
