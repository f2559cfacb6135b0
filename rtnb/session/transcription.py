"""AsyncTranscriptionSession: recordings and live audio in words, with no conversation and no answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from rtnb import _display
from rtnb.audio import Clip
from rtnb.audio.formats import AudioFormat
from rtnb.errors import ConfigError, SessionError, TurnTimeoutError
from rtnb.pricing import Cost
from rtnb.protocol.envelope import Event
from rtnb.protocol.rules import client_rules
from rtnb.protocol.turn_detection import SemanticVad, ServerVad
from rtnb.session.behaviour import Behaviour
from rtnb.session.config.checking import unknown_names
from rtnb.session.config.content import pcm_of
from rtnb.session.config.keywords import DEFAULT_TRANSCRIPTION, patched
from rtnb.session.config.typed import NoiseReduction, Transcription
from rtnb.session.conversation.formats import audio_format
from rtnb.session.core import Core
from rtnb.session.record import recording
from rtnb.session.record.log import EventLog
from rtnb.session.statuses import SessionStatus
from rtnb.session.transcription_stream import AsyncTranscriptStream
from rtnb.session.verbs.sources import Streamable, source_of
from rtnb.session.verbs.streaming import Pace, append_event, play_in
from rtnb.session.verbs.transcribing import Heard, Take, check, hear, transcript_of
from rtnb.session.verbs.transcript import Partial, Transcript
from rtnb.session.wire.place import Place, Progress

__all__ = ["AsyncTranscriptStream", "AsyncTranscriptionSession"]

SILENCE_MS: Final = 500
"""Silence that ends an utterance when nobody says otherwise: the API's documented default. Its effective one of 200 ms
answers sooner, which is of no use here, and cuts sentences into pieces."""

ANSWER_S: Final = 60.0
"""How long the words of a recording are waited for, besides its own length."""

SETTINGS: Final = (
    "model",
    "language",
    "languages",
    "prompt",
    "keywords",
    "delay",
    "noise_reduction",
    "turn_detection",
    "logprobs",
    "input_format",
    "journal",
)


class AsyncTranscriptionSession:
    """A session that writes down what it hears, on the running event loop; :func:`rtnb.transcription` is its blocking
    form.

    Parameters
    ----------
    place : Place
    model : str
        A transcription model.
    language : str, optional
        ISO-639-1, such as ``"en"``.
    languages, prompt, keywords, delay
        As of :class:`rtnb.Transcription`, as far as the model knows them.
    noise_reduction : {"near_field", "far_field"} or NoiseReduction, optional
    turn_detection : ServerVad, SemanticVad or None, optional
        What cuts the audio into utterances; None has a recording transcribed as one piece. By default server VAD
        with 500 ms of silence, or None where the model takes no other.
    logprobs : bool
        Whether the probability of every token is asked for; some models give them.
    input_format : str, AudioFormat or mapping, optional
        ``"pcm16"``, ``"pcmu"`` or ``"pcma"``; 24 kHz PCM by default.
    journal : bool, str or Path
        As of :func:`rtnb.connect`.
    """

    def __init__(
        self,
        place: Place,
        *,
        model: str = DEFAULT_TRANSCRIPTION,
        language: str | None = None,
        languages: Sequence[str] | None = None,
        prompt: str | None = None,
        keywords: Sequence[str] | None = None,
        delay: Any = None,
        noise_reduction: str | NoiseReduction | Mapping[str, Any] | None = None,
        turn_detection: ServerVad | SemanticVad | Mapping[str, Any] | str | None = "default",
        logprobs: bool = False,
        input_format: str | AudioFormat | Mapping[str, Any] | None = None,
        journal: bool | str | Path = True,
        **unknown: object,
    ) -> None:
        if unknown:
            raise unknown_names(unknown, SETTINGS, "setting of a transcription session", "Settings are")
        manual = model in client_rules().no_turn_detection
        if turn_detection == "default":
            turn_detection = None if manual else ServerVad(silence_duration_ms=SILENCE_MS)
        elif manual and turn_detection is not None:
            raise ConfigError(f"{model} takes no turn detection: pass turn_detection=None, and commit by hand.")
        options = {"language": language, "languages": languages, "prompt": prompt, "keywords": keywords, "delay": delay}
        given = {name: value for name, value in options.items() if value is not None}
        settings: dict[str, Any] = {
            "transcription": Transcription(model=model, **given),
            "turn_detection": turn_detection,
            "noise_reduction": noise_reduction,
        }
        if logprobs:
            settings["logprobs"] = True
        if input_format is not None:
            settings["input_format"] = input_format
        # There is no conversation that a new connection would have to be told.
        behaviour = Behaviour(journal=journal, handover=False, reconnect=False)
        patch = patched(settings, kind="transcription").session
        self._core = Core(place, "", patch, behaviour=behaviour, intent="transcription")
        self._heard = Heard(self._core.talk)
        self._streams: list[AsyncTranscriptStream] = []
        self._takes: list[Take] = []
        self._busy = asyncio.Lock()
        self._core.subscribe(self._on_event)

    # Opening and closing

    async def open(self) -> Self:
        """Connect and apply the settings; also done by ``async with``.

        Raises
        ------
        UnreachableError, RefusedError, ApiError
        """
        await self._core.open()
        return self

    async def close(self) -> None:
        """Close the connection; what was heard stays readable. Closing twice is fine."""
        await self._core.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    async def warm(self, progress: Progress = lambda done, total, label: None) -> None:
        """Wait until the endpoint can answer without delay."""
        await asyncio.to_thread(self._core.place.warm, progress)

    # What it knows

    @property
    def core(self) -> Core:
        """The inside of the session, for parts that are built on it."""
        return self._core

    @property
    def place(self) -> Place:
        """Where it connects."""
        return self._core.place

    @property
    def events(self) -> EventLog:
        """Everything sent and received so far."""
        return self._core.log

    @property
    def status(self) -> SessionStatus:
        """``open``, ``closed`` (by this side, or not opened yet), or ``lost``."""
        status = self._core.status
        return "closed" if status == "new" else status

    @property
    def transcripts(self) -> list[Transcript]:
        """One for each recording, in order."""
        return [take.view() for take in self._takes]

    @property
    def transcript(self) -> Transcript:
        """All of the session as one, what was appended by hand included."""
        core = self._core
        return transcript_of(core.log, core.talk, endpoint=core.endpoint.label)

    @property
    def notices(self) -> list[str]:
        """What you should know, in order: what could not be transcribed, what the server complained about."""
        return list(self._core.notices)

    @property
    def cost(self) -> Cost | None:
        """What the session cost so far; None where nothing was heard."""
        return self.transcript.cost

    def save(self, path: str | Path, *, audio: str | None = "pcm") -> Path:
        """Write the recording: every event and all audio, in one ``.rtnb`` file that :func:`rtnb.replay` reads."""
        return recording.save(path, self._core.log, endpoint=self._core.endpoint.label, audio=audio)

    # Verbs

    async def transcribe(
        self, content: Streamable, *, name: str = "", rate_hz: int | None = None, timeout: float | None = None
    ) -> Transcript:
        """Have a recording written down, as fast as it goes.

        Parameters
        ----------
        content : Clip, Path, str or samples
            A clip, the path of an audio file, or samples with `rate_hz`.
        name : str, optional
            What to call it; the file's name by default.
        rate_hz : int, optional
        timeout : float, optional
            Seconds; by default a minute more than the recording lasts.

        Raises
        ------
        AudioError
            It is no audio.
        TurnTimeoutError
            It took longer. What was heard is in `transcripts`.
        TranscriptionError
            All of it failed. Where only parts did, they are in :attr:`Transcript.errors` and in `notices`.
        ApiError, SessionClosedError
        """
        return await self._all(content, name, rate_hz, timeout)

    async def _all(self, content: Streamable, name: str, rate_hz: int | None, timeout: float | None) -> Transcript:
        source = await source_of(content, audio_format(self._core.talk.config, "input"), name=name, rate_hz=rate_hz)
        if timeout is None and source.duration_s is not None:
            timeout = ANSWER_S + source.duration_s
        async with self._busy:
            take = await self._begin(source.name)
            try:
                async with asyncio.timeout(timeout):
                    await hear(self._core, take, source.pieces)
                    await self._core.until(take.complete)
            except TimeoutError as error:
                if isinstance(error, SessionError):
                    raise
                raise TurnTimeoutError(
                    f"'{source.name}' is not transcribed after {timeout:g} s; what was heard is in transcripts."
                ) from None
            finally:
                take.close()
        said = take.view()
        check(said)
        return said

    async def stream(
        self,
        content: Streamable,
        *,
        name: str = "",
        rate_hz: int | None = None,
        pace: Pace = "real",
        on_text: Callable[[Partial], Any] | None = None,
    ) -> AsyncTranscriptStream:
        """Play a recording in at the pace it was spoken, and hear what is understood meanwhile.

        Models such as ``gpt-live-transcribe`` write while one speaks, others when an utterance is over.

        Parameters
        ----------
        content : Clip, Path, str, samples, or an iterable of them
        name, rate_hz
            As for :meth:`transcribe`.
        pace : {"real", "source"}
            Whether it is played at real pace, or as it comes, such as from a microphone.
        on_text : callable, optional
            Called with each :class:`Partial`, on the session's loop.

        Raises
        ------
        SessionError
            Something else is being transcribed.
        """
        source = await source_of(content, audio_format(self._core.talk.config, "input"), name=name, rate_hz=rate_hz)
        if self._busy.locked():
            raise SessionError("This session transcribes something already; wait for it, or use another session.")
        await self._busy.acquire()
        try:
            take = await self._begin(source.name)
        except BaseException:
            self._busy.release()
            raise
        stream = AsyncTranscriptStream(take, on_text)
        self._streams.append(stream)

        async def work() -> None:
            try:
                await hear(self._core, take, source.pieces, lambda core, pieces: play_in(core, pieces, pace=pace))
                async with asyncio.timeout(ANSWER_S):
                    await self._core.until(take.complete)
            except TimeoutError as error:
                if isinstance(error, SessionError):
                    raise
                raise TurnTimeoutError(f"The words of '{source.name}' are not complete after {ANSWER_S:g} s.") from None
            finally:
                take.close()
                self._streams.remove(stream)
                self._busy.release()
            check(take.view())

        stream._run(self._core.keep(work()))
        return stream

    async def append(self, audio: bytes | Clip) -> None:
        """Append a clip, or bytes in the session's input format, to the input buffer."""
        await self._core.send(append_event(pcm_of(audio, audio_format(self._core.talk.config, "input"))))

    async def commit(self) -> None:
        """Have what is in the buffer transcribed as one piece.

        Raises
        ------
        ApiError
            It holds less than 100 ms.
        """
        await self._core.ask({"type": "input_audio_buffer.commit"}, "input_audio_buffer.committed")

    async def clear(self) -> None:
        """Empty the input buffer."""
        await self._core.ask({"type": "input_audio_buffer.clear"}, "input_audio_buffer.cleared")

    async def _begin(self, name: str) -> Take:
        """A new recording, in an empty buffer."""
        await asyncio.to_thread(self._core.place.warm, lambda done, total, label: None)
        await self.clear()
        core = self._core
        take = Take(core.talk, core.log, self._heard, name=name, endpoint=core.endpoint.label)
        self._takes.append(take)
        return take

    def _on_event(self, event: Event) -> None:
        partial = self._heard.apply(event)
        if partial is not None:
            if partial.error:
                self._core.tell(f"What was said could not be transcribed: {partial.error}")
            for stream in self._streams:
                stream._add(partial)
        elif (event.direction, event.type) == ("received", "error"):
            self._complained(event)

    def _complained(self, event: Event) -> None:
        """An error is told, unless it is the answer to something that a verb waits for."""
        error = self._core.talk.errors[-1]
        if not self._core.asking or (error.event_id and error.event_id not in self._core.asking):
            about = f" of '{error.cause}'" if error.cause else ""
            self._core.tell(f"The server complains{about}: {error.message}")

    def __repr__(self) -> str:
        model = self._core.requested["audio"]["input"]["transcription"]["model"]
        return f"AsyncTranscriptionSession({model}, {self.status}, {len(self._takes)} transcripts)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> _display.Bundle:
        return _display.bundle(self.transcript if self._core.opened else self)
