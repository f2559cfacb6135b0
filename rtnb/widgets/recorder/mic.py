"""``rtnb.Mic``: a microphone without a session, for test audio."""

from __future__ import annotations

import html
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rtnb._display import Bundle
from rtnb.audio.clip import Clip
from rtnb.errors import AudioError, ConfigError
from rtnb.session import live
from rtnb.widgets.assets import RECORDER
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_flags, checked_options
from rtnb.widgets.recorder.tape import Tape

__all__ = ["Mic"]

OPTIONS: Final = ("auto_gain", "echo_cancellation", "max_s", "noise_suppression")

LONGEST_S: Final = 3600.0
"""An hour is 173 MB in the kernel, and as much may wait in the page."""

SUBSHELL_S: Final = 2.0
"""How long a page may take to make its subshell, which it does for the first widget it shows."""


class Mic(LiveView):
    """Record from the microphone of the browser; no session is needed.

    Shown at the end of a cell it is a button, a level, a running waveform and the time. What was recorded is
    :attr:`clip`, in a later cell. The sound comes from the machine of the browser, wherever the kernel runs.

    Parameters
    ----------
    max_s : float
        The longest recording in seconds; at most 3600. It ends by itself then, and is kept.
    echo_cancellation, noise_suppression, auto_gain : bool
        What the browser is asked for, as for a conversation; False for the sound as the microphone gives it.

    Raises
    ------
    MissingExtraError
        ipywidgets or anywidget is not installed.
    ConfigError
        `max_s` is no length, or one of the others neither True nor False.
    TypeError
        An option that there is not.

    Examples
    --------
    >>> import rtnb
    >>> mic = rtnb.Mic(max_s=60)     # at the end of a cell: a button
    >>> mic
    Mic: nothing recorded yet.
    >>> mic.clip
    Traceback (most recent call last):
    rtnb.errors.AudioError: Nothing was recorded: show the Mic at the end of a cell, press Record and speak, then read .clip in a later cell.
    """  # noqa: E501

    def __init__(
        self,
        *,
        max_s: float = 600.0,
        echo_cancellation: bool = True,
        noise_suppression: bool = True,
        auto_gain: bool = True,
        **options: Any,
    ) -> None:
        checked_options("Mic", options, OPTIONS)
        checked_flags(
            "Mic", echo_cancellation=echo_cancellation, noise_suppression=noise_suppression, auto_gain=auto_gain
        )
        if (
            isinstance(max_s, bool)
            or not isinstance(max_s, (int, float))
            or not math.isfinite(max_s)
            or not 0 < max_s <= LONGEST_S
        ):
            raise ConfigError(
                f"max_s is the longest recording in seconds, above 0 and at most 3600, not {max_s!r:.40}."
            )
        self._tape = Tape(self._send, max_s=float(max_s), ended=self._changed)
        super().__init__(
            RECORDER,
            {
                "play": False,
                "echo_cancellation": echo_cancellation,
                "noise_suppression": noise_suppression,
                "auto_gain": auto_gain,
                "max_s": float(max_s),
                # All that is said while the kernel is busy waits in the page.
                "wait_ms": float(max_s) * 1000,
            },
        )

    # For users

    @property
    def clip(self) -> Clip:
        """The latest recording, 24 kHz mono; of one that is under way, what has come so far.

        Raises
        ------
        AudioError
            Nothing was recorded; the message says why, if the page knows.
        """
        found = self._tape.clip()
        if found is not None:
            return found
        if self._tape.problem:
            raise AudioError(f"Nothing was recorded. The page says: {self._tape.problem}")
        raise AudioError(
            "Nothing was recorded: show the Mic at the end of a cell, press Record and speak, then read .clip in a "
            "later cell."
        )

    @property
    def clips(self) -> tuple[Clip, ...]:
        """All recordings that are over, the oldest first: recording again takes nothing away."""
        return self._tape.clips()

    @property
    def recording(self) -> bool:
        """Whether a page records now."""
        return self._tape.recording

    @property
    def device(self) -> str:
        """The microphone's name, as the browser says it."""
        return self._tape.device

    @property
    def problem(self) -> str:
        """Why there is no sound, in words; empty when all is well."""
        return self._tape.problem

    def save(self, path: str | Path) -> Path:
        """Write :attr:`clip` as 16-bit audio in the format of the suffix (``.wav``, ``.flac``, ``.ogg``, ``.mp3``).

        Raises
        ------
        AudioError
            Nothing was recorded.
        AudioFileError
            The suffix names no format, or the place cannot be written.
        """
        return self.clip.save(path)

    def wait(self, timeout: float = 600.0) -> Clip:
        """Wait until something was recorded and the recording is over.

        A cell that waits keeps a kernel from hearing its pages, unless it has subshells (ipykernel 7 in JupyterLab).

        Parameters
        ----------
        timeout : float
            In seconds.

        Raises
        ------
        ConfigError
            The recording cannot reach this kernel while a cell runs; raised at once.
        TimeoutError
            Nothing was recorded in that time.
        """
        found = self._tape.clip()
        if found is not None and not self._tape.recording:
            return found
        if self.frozen:
            raise ConfigError("The Mic is frozen and records nothing any more; rtnb.Mic() makes another.")
        if not _presses_arrive():
            raise ConfigError(
                "What is recorded reaches this kernel only when no cell runs, so waiting in a cell would wait in vain: "
                "end the cell with the Mic, press Record there, and read .clip in the next cell."
            )
        if not self._tape.wait(timeout):
            why = f" The page says: {self.problem}" if self.problem else ""
            raise TimeoutError(f"Nothing was recorded to its end within {timeout:g} s.{why}")
        return self.clip

    def stop(self) -> None:
        """End the recording, as the button does. Only the button begins one: browsers ask for a click."""
        self._tape.stop()

    def __repr__(self) -> str:
        tape = self._tape
        lost = f", {tape.lost} frames of 60 ms lost" if tape.lost else ""
        if tape.recording:
            return f"Mic (recording): {tape.seconds:.1f} s so far{lost}."
        if (clip := tape.clip()) is not None:
            count = len(tape.clips())
            more = f"; the latest of {count} recordings" if count > 1 else ""
            return f"Mic: {clip.duration_s:.1f} s recorded{lost}{more}."
        return f"Mic: {tape.problem or 'nothing recorded yet.'}"

    # Inside

    def _draw(self) -> Bundle:
        clip = self._tape.clip()
        if clip is None:
            return {"text/html": f"<div>{html.escape(repr(self))}</div>"}
        from rtnb.plots.stills.waveform import waveform_bundle

        return waveform_bundle(clip, title="Recording")

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        self._tape.hear(content, buffers)

    def _gone(self) -> None:
        self._tape.close()


def _presses_arrive() -> bool:
    """Whether what pages say is heard while a cell runs; pages take a moment to arrange for it."""
    kernel = getattr(live._shell(), "kernel", None)
    end = time.monotonic() + (SUBSHELL_S if live.presses_may_arrive() else 0.0)
    while not live.presses_arrive(kernel):
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True
