"""The official ``openai`` package, synchronous, GA shape."""

from __future__ import annotations

import base64

from openai import OpenAI
from telling import Given, chunks, run, tell


def audio(given: Given) -> None:
    """One spoken question in G.711, answered in G.711."""
    client = OpenAI(api_key="x", websocket_base_url=given.base)
    with client.realtime.connect(model="gpt-realtime") as connection:
        telephone = {"type": "audio/pcmu"}
        connection.session.update(
            session={
                "type": "realtime",
                "audio": {
                    "input": {"format": telephone, "turn_detection": None, "transcription": {"model": "whisper-1"}},
                    "output": {"format": telephone, "voice": "cedar"},
                },
            }
        )
        for chunk in chunks(given.pcm("capital-telephone"), 20):
            connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
        connection.input_audio_buffer.commit()
        connection.response.create()
        heard, said, coded_bytes, done = "", "", 0, False
        while not (done and heard):
            event = connection.recv()
            match event.type:
                case "response.output_audio_transcript.delta":
                    said += event.delta
                case "response.output_audio.delta":
                    coded_bytes += len(base64.b64decode(event.delta))
                case "conversation.item.input_audio_transcription.completed":
                    heard = event.transcript
                case "response.done":
                    done = True
        tell(heard=heard, said=said, seconds=coded_bytes / 8000)


run({"audio": audio})
