"""The main job of ``rtnb demo``: one conversation by text, by file and by stream, with a report."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rtnb.errors import RecordingError
from rtnb.session.facade import Session
from rtnb.session.views.shapes import SessionView

__all__ = ["DemoResult", "run_demo"]

INSTRUCTIONS = "You are the voice of a workbench for realtime voice models."

QUESTION = "What is server VAD?"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo leaves behind."""

    view: SessionView
    recording: Path
    page: Path
    seconds: float


def run_demo(
    connect: Callable[[], Session],
    *,
    spoken_question: Path,
    dialogue: Path,
    folder: Path,
    progress: Callable[[float, str], None],
) -> DemoResult:
    """Ask by text, ask by file, stream a recording through turn detection; write recording and page.

    Parameters
    ----------
    connect : callable
        Opens the session.
    spoken_question, dialogue : Path
        Audio files: a question, and a conversation to stream at real pace.
    folder : Path
        Where ``demo.rtnb`` and ``demo.html`` go; made where it is missing.
    progress : callable
        Takes the part that is done (0..1) and what happens now.

    Raises
    ------
    RecordingError
        The folder, or a file in it, cannot be written; told before the conversation begins where it can be.
    """
    from rtnb.plots.page import report_page

    begun = time.monotonic()
    recording, page = folder / "demo.rtnb", folder / "demo.html"
    _prepare(folder, recording, page)
    progress(0.0, "starting the embedded server and loading the voices")
    with connect() as session:
        progress(0.1, "asking by text")
        session.ask(QUESTION, show=False)
        progress(0.2, "asking by audio file")
        answer = session.ask(spoken_question, show=False)
        if answer.audio is not None:
            # Whoever speaks while it is still to be heard interrupts it.
            progress(0.25, "listening to the answer")
            time.sleep(answer.audio.duration_s)
        label = f"streaming {dialogue.name} at real pace"
        session.stream(dialogue, show=False, progress=lambda at, of: progress(0.3 + 0.65 * min(1.0, at / of), label))
        progress(0.95, "writing the recording and the page")
        session.save(recording)
    view = session.view()
    written = report_page(view, title="rtnb demo")
    try:
        page.write_text(written, encoding="utf-8")
    except OSError as error:
        raise _unwritable(page, error) from None
    progress(1.0, "done")
    return DemoResult(view, recording, page, time.monotonic() - begun)


def _prepare(folder: Path, *places: Path) -> None:
    """Make the folder; a place that will not do is told now, not after a minute of conversation."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for place in places:
            is_new = not place.exists()
            place.open("ab").close()
            if is_new:
                place.unlink()
    except OSError as error:
        raise _unwritable(Path(error.filename or folder), error) from None


def _unwritable(place: Path, error: OSError) -> RecordingError:
    return RecordingError(
        f"'{place}' cannot be written: {error.strerror or error}. Choose another folder, as in: rtnb demo --folder NAME"
    )


def terminal_progress() -> Callable[[float, str], None]:
    """A progress line for a terminal; one plain line a step where nobody watches."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[type-arg,misc,unused-ignore]
        monitor_interval = 0  # its monitor is a thread that would stay

    out = sys.stderr
    if not out.isatty():
        shown: list[str] = []

        def line(part: float, label: str) -> None:
            if label not in shown:
                shown.append(label)
                print(f"[{part:4.0%}] {label}", file=out, flush=True)

        return line
    bar = Bar(total=100, leave=False, bar_format="{percentage:3.0f}% {bar:20} {elapsed} {desc}", file=out)

    def report(part: float, label: str) -> None:
        bar.n = round(100 * part)
        bar.set_description_str(label)
        if part >= 1:
            bar.close()

    return report
