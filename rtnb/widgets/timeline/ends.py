"""The two ends of a latency in few letters: the end is the point of it, so it is never cut away."""

from __future__ import annotations

from typing import Final

__all__ = ["short_end"]

SHORT: Final = {
    "first output_audio.delta received": "first audio",
    "last output_audio.delta received": "last audio",
    "first output_audio.delta after it received": "next audio",
    "first text or transcript delta received": "first text",
    "first audible sample played": "heard",
    "first audible sample of the answer": "first sound",
    "first sample of the answer": "first sample",
    "last audible sample of the user": "last sound of the user",
    "last sample played": "played",
    "playback stopped": "silent",
    "end of the audio received, had it been played": "end of the audio",
    "response.create sent": "request",
    "response.created received": "created",
    "response.done received": "done",
    "conversation.item.truncate sent": "truncate",
    "conversation.item.truncated received": "truncated",
    "function_call_arguments.done received": "arguments",
    "function_call_output sent": "output",
    "input_audio_buffer.committed received": "commit",
    "input_audio_transcription.completed received": "transcript",
}


def short_end(event: str) -> str:
    """The name of an end, short.

    Examples
    --------
    >>> short_end("first audible sample played"), short_end("speech end (audio_end_ms - silence_duration_ms)")
    ('heard', 'speech end')
    >>> short_end("speech_stopped received"), short_end("response.done (cancelled) received")
    ('speech_stopped', 'done')
    """
    known = SHORT.get(event)
    if known is not None:
        return known
    plain = event.partition(" (")[0].removesuffix(" received").removesuffix(" sent")
    return plain.removeprefix("response.") if plain.startswith("response.") else plain
