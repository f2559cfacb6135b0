"""The official ``openai`` package, asynchronous, beta shape (``client.beta.realtime``)."""

from __future__ import annotations

import base64
import json
from typing import Any

from openai import AsyncAzureOpenAI, AsyncOpenAI
from telling import Given, chunks, run, tell

MODEL = "gpt-4o-realtime-preview"
WEATHER: dict[str, Any] = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather in a city now.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def client(given: Given) -> AsyncOpenAI:
    return AsyncOpenAI(api_key="x", websocket_base_url=given.base, base_url=given.root)


def user(text: str) -> Any:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


async def until(connection: Any, *types: str) -> Any:
    while True:
        event = await connection.recv()
        if event.type in types:
            return event
        if event.type == "error":
            tell(error=event.error.to_dict())


async def answer(connection: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"text": "", "transcript": "", "audio_bytes": 0}
    while True:
        event = await connection.recv()
        match event.type:
            case "response.text.delta":
                found["text"] += event.delta
            case "response.audio_transcript.delta":
                found["transcript"] += event.delta
            case "response.audio.delta":
                found["audio_bytes"] += len(base64.b64decode(event.delta))
            case "conversation.item.input_audio_transcription.completed":
                found["heard"] = event.transcript
            case "response.done":
                found["status"] = event.response.status
                found["usage"] = event.response.usage.total_tokens
                return found


async def text(given: Given) -> None:
    async with client(given).beta.realtime.connect(model=MODEL) as connection:
        created = await until(connection, "session.created")
        await connection.session.update(
            session={"modalities": ["text"], "temperature": 0.7, "turn_detection": None}  # type: ignore[typeddict-item]
        )
        updated = await until(connection, "session.updated")
        await connection.conversation.item.create(item=user("What is six times seven?"))
        item = await until(connection, "conversation.item.created")
        await connection.response.create()
        tell(
            modalities=[created.session.modalities, updated.session.modalities],
            temperature=updated.session.temperature,
            item=item.item.content[0].text,
            answer=await answer(connection),
        )


async def audio(given: Given) -> None:
    async with client(given).beta.realtime.connect(model=MODEL) as connection:
        settings: Any = {"turn_detection": None, "input_audio_transcription": {"model": "whisper-1"}, "voice": "alloy"}
        await connection.session.update(session=settings)
        for chunk in chunks(given.pcm("capital")):
            await connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        await connection.input_audio_buffer.commit()
        await connection.response.create()
        found = await answer(connection)
        if "heard" not in found:
            event = await until(connection, "conversation.item.input_audio_transcription.completed")
            found["heard"] = event.transcript
        tell(answer=found)


async def tool(given: Given) -> None:
    async with client(given).beta.realtime.connect(model=MODEL) as connection:
        await connection.session.update(session={"modalities": ["text"], "tools": [WEATHER], "tool_choice": "auto"})
        await connection.conversation.item.create(item=user("What is the weather in Paris?"))
        await connection.response.create()
        done = await until(connection, "response.done")
        (call,) = [item for item in done.response.output if item.type == "function_call"]
        output: Any = {"type": "function_call_output", "call_id": call.call_id, "output": '{"temperature_celsius": 23}'}
        await connection.conversation.item.create(item=output)
        await connection.response.create()
        tell(call={"name": call.name, "arguments": json.loads(call.arguments)}, answer=await answer(connection))


async def interrupt(given: Given) -> None:
    async with client(given).beta.realtime.connect(model=MODEL) as connection:
        await connection.session.update(session={"turn_detection": None})  # type: ignore[typeddict-item]
        await connection.conversation.item.create(item=user("Tell me a long story."))
        await connection.response.create()
        came = 0
        while came < 48000:
            event = await until(connection, "response.audio.delta")
            came += len(base64.b64decode(event.delta))
        await connection.response.cancel()
        done = await until(connection, "response.done")
        await connection.conversation.item.truncate(item_id=event.item_id, content_index=0, audio_end_ms=700)
        truncated = await until(connection, "conversation.item.truncated")
        await connection.conversation.item.create(item=user("What is six times seven?"))
        await connection.response.create()
        tell(
            status=[done.response.status, done.response.status_details.reason],
            truncated_ms=truncated.audio_end_ms,
            answer=await answer(connection),
        )


async def out_of_band(given: Given) -> None:
    async with client(given).beta.realtime.connect(model=MODEL) as connection:
        await connection.response.create(
            response={
                "conversation": "none",
                "modalities": ["text"],
                "metadata": {"topic": "sum"},
                "input": [user("What is two plus three?")],
            }
        )
        done = await until(connection, "response.done")
        tell(
            conversation=done.response.conversation_id,
            metadata=done.response.metadata,
            text=done.response.output[0].content[0].text,
        )


async def azure(given: Given) -> None:
    """The address and key header of the older Azure service."""
    root = given.base.removesuffix("/v1")
    azure = AsyncAzureOpenAI(
        api_key="x",
        api_version="2024-10-01-preview",
        azure_endpoint=root.replace("ws://", "http://"),
        websocket_base_url=f"{root}/openai",
    )
    async with azure.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection:
        await connection.session.update(session={"modalities": ["text"]})
        await connection.conversation.item.create(item=user("What is six times seven?"))
        await connection.response.create()
        tell(answer=await answer(connection))


async def secret(given: Given) -> None:
    """A session made over REST, then opened with its client secret."""
    made = await client(given).beta.realtime.sessions.create(model=MODEL, instructions="Be brief.", modalities=["text"])
    browser = AsyncOpenAI(api_key=made.client_secret.value, websocket_base_url=given.base)
    async with browser.beta.realtime.connect(model=MODEL) as connection:
        created = await until(connection, "session.created")
        tell(
            value=made.client_secret.value[:3],
            instructions=created.session.instructions,
            modalities=created.session.modalities,
        )


run(
    {
        "text": text,
        "audio": audio,
        "tool": tool,
        "interrupt": interrupt,
        "out_of_band": out_of_band,
        "azure": azure,
        "secret": secret,
    }
)
