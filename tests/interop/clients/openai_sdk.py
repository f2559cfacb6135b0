"""The official ``openai`` package, asynchronous, GA shape."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import zlib
from typing import Any

import httpx
from openai import AsyncOpenAI
from telling import Given, chunks, run, tell

TEXT = {"type": "realtime", "output_modalities": ["text"]}
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "Name of the city"}},
        "required": ["city"],
    },
}


def client(given: Given) -> AsyncOpenAI:
    return AsyncOpenAI(api_key="x", websocket_base_url=given.base, base_url=given.root)


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def until(connection: Any, *types: str) -> Any:
    while True:
        event = await connection.recv()
        if event.type == "error":
            tell(error=event.error.to_dict())
        if event.type in types:
            return event


async def answer(connection: Any) -> dict[str, Any]:
    """What one response brought, put together from its deltas."""
    found: dict[str, Any] = {"text": "", "transcript": "", "audio_bytes": 0, "calls": []}
    while True:
        event = await connection.recv()
        match event.type:
            case "response.output_text.delta":
                found["text"] += event.delta
            case "response.output_audio_transcript.delta":
                found["transcript"] += event.delta
            case "response.output_audio.delta":
                found["audio_bytes"] += len(base64.b64decode(event.delta))
            case "response.function_call_arguments.done":
                found["calls"].append({"name": event.name, "arguments": json.loads(event.arguments)})
            case "conversation.item.input_audio_transcription.completed":
                found["heard"] = event.transcript
            case "error":
                found["error"] = event.error.message
            case "response.done":
                usage = event.response.usage
                found["tokens"] = [usage.input_tokens, usage.output_tokens] if usage else None
                found["status"] = event.response.status
                return found


async def text(given: Given) -> None:
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        created = await until(connection, "session.created")
        await connection.session.update(session=TEXT | {"audio": {"input": {"turn_detection": None}}})
        updated = await until(connection, "session.updated")
        await connection.conversation.item.create(item=user("What is six times seven?"))
        await connection.response.create()
        tell(
            session=created.session.id == updated.session.id,
            vad=[created.session.audio.input.turn_detection.type, updated.session.audio.input.turn_detection],
            answer=await answer(connection),
        )


async def audio(given: Given) -> None:
    """A turn of speech, committed by hand."""
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        settings = {"input": {"turn_detection": None, "transcription": {"model": "gpt-4o-mini-transcribe"}}}
        await connection.session.update(session={"type": "realtime", "audio": settings})
        for chunk in chunks(given.pcm("capital")):
            await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        await connection.input_audio_buffer.commit()
        await connection.response.create()
        found = await answer(connection)
        if "heard" not in found:
            event = await until(connection, "conversation.item.input_audio_transcription.completed")
            found["heard"] = event.transcript
        tell(answer=found)


async def vad(given: Given) -> None:
    """Speech and silence at real pace: the server decides when the turn is over."""
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        settings = {"input": {"turn_detection": {"type": "server_vad"}, "transcription": {"model": "whisper-1"}}}
        await connection.session.update(session={"type": "realtime", "audio": settings})

        async def speak() -> None:
            for chunk in chunks(bytes(48 * 500) + given.pcm("weather") + bytes(48 * 2500), 20):
                await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
                await asyncio.sleep(0.02)

        speaking = asyncio.create_task(speak())
        started = await until(connection, "input_audio_buffer.speech_started")
        stopped = await until(connection, "input_audio_buffer.speech_stopped")
        found = await answer(connection)
        speaking.cancel()
        tell(spoke_ms=[started.audio_start_ms, stopped.audio_end_ms], answer=found)


async def tool(given: Given) -> None:
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session=TEXT | {"tools": [WEATHER], "tool_choice": "auto"})
        await connection.conversation.item.create(item=user("What is the weather in Paris?"))
        await connection.response.create()
        done = await until(connection, "response.done")
        (call,) = [item for item in done.response.output if item.type == "function_call"]
        output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature_celsius": 23}'}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        tell(call={"name": call.name, "arguments": json.loads(call.arguments)}, answer=await answer(connection))


def png(width: int, height: int) -> str:
    """A black picture as a data URI."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width + 1) * height))
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


async def image(given: Given) -> None:
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session=TEXT)
        parts = [{"type": "input_text", "text": "What is this?"}, {"type": "input_image", "image_url": png(64, 48)}]
        await connection.conversation.item.create(item={"type": "message", "role": "user", "content": parts})
        await connection.response.create()
        tell(answer=await answer(connection))


async def interrupt(given: Given) -> None:
    """An answer cancelled and truncated once a second of it has come; the talk goes on."""
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session={"type": "realtime", "audio": {"input": {"turn_detection": None}}})
        await connection.conversation.item.create(item=user("Tell me a long story."))
        await connection.response.create()
        came = 0
        while came < 48000:
            event = await until(connection, "response.output_audio.delta")
            came += len(base64.b64decode(event.delta))
        await connection.response.cancel()
        done = await until(connection, "response.done")
        item = event.item_id
        await connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=700)
        truncated = await until(connection, "conversation.item.truncated", "error")
        await connection.conversation.item.retrieve(item_id=item)
        kept = await until(connection, "conversation.item.retrieved", "error")
        (part,) = kept.item.content
        await connection.conversation.item.create(item=user("What is six times seven?"))
        await connection.response.create()
        tell(
            status=[done.response.status, done.response.status_details.reason],
            truncated=truncated.type,
            kept_ms=len(base64.b64decode(part.audio)) // 48,
            kept_transcript=part.transcript,
            answer=await answer(connection),
        )


async def out_of_band(given: Given) -> None:
    """Two responses beside the conversation, and one in it."""
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.session.update(session=TEXT)
        for topic, question in (("sum", "What is two plus three?"), ("product", "What is four times five?")):
            await connection.response.create(
                response={
                    "conversation": "none",
                    "metadata": {"topic": topic},
                    "output_modalities": ["text"],
                    "input": [user(question)],
                }
            )
        found = {}
        while len(found) < 2:
            done = await until(connection, "response.done")
            found[done.response.metadata["topic"]] = done.response.output[0].content[0].text
        await connection.conversation.item.create(item=user("What is six times seven?"))
        await connection.response.create()
        tell(beside=found, conversation=done.response.conversation_id, answer=await answer(connection))


async def secret(given: Given) -> None:
    """A client secret made over REST, with settings that the connection starts with."""
    made = await client(given).realtime.client_secrets.create(
        session={
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "instructions": "Be brief.",
            "output_modalities": ["text"],
        }
    )
    browser = AsyncOpenAI(api_key=made.value, websocket_base_url=given.base)
    async with browser.realtime.connect(model="gpt-realtime-2.1") as connection:
        created = await until(connection, "session.created")
        tell(
            value=made.value[:3],
            instructions=created.session.instructions,
            modalities=created.session.output_modalities,
        )
    async with httpx.AsyncClient() as http:
        listed = await http.get(f"{given.root}/models", headers={"Authorization": "Bearer x"})
    tell(models=[model["id"] for model in listed.json()["data"]])


async def transcription(given: Given) -> None:
    """A session that only transcribes."""
    async with client(given).realtime.connect(extra_query={"intent": "transcription"}) as connection:
        created = await until(connection, "session.created")
        settings = {"transcription": {"model": "gpt-4o-transcribe"}, "turn_detection": None}
        await connection.session.update(session={"type": "transcription", "audio": {"input": settings}})
        for chunk in chunks(given.pcm("weather")):
            await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        await connection.input_audio_buffer.commit()
        heard, deltas = None, ""
        while heard is None:
            event = await until(
                connection,
                "conversation.item.input_audio_transcription.delta",
                "conversation.item.input_audio_transcription.completed",
            )
            if event.type.endswith("delta"):
                deltas += event.delta
            else:
                heard = event.transcript
        tell(kind=created.session.type, heard=heard, deltas=deltas)


async def mistake(given: Given) -> None:
    """An error names the event that it answers, and the session goes on."""
    async with client(given).realtime.connect(model="gpt-realtime-2.1") as connection:
        await connection.send({"type": "session.update", "event_id": "mine", "session": {"type": "realtime", "foo": 1}})
        error = await until(connection, "error")
        await connection.session.update(session=TEXT)
        updated = await until(connection, "session.updated")
        tell(
            code=error.error.code,
            param=error.error.param,
            event=error.error.event_id,
            modalities=updated.session.output_modalities,
        )


run(
    {
        "text": text,
        "audio": audio,
        "vad": vad,
        "tool": tool,
        "image": image,
        "interrupt": interrupt,
        "out_of_band": out_of_band,
        "secret": secret,
        "transcription": transcription,
        "mistake": mistake,
    }
)
