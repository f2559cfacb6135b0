"""``rtnb.VadLab``: a recording in a cell, its turns, and every parameter of turn detection under a finger."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rtnb._display import Bundle, counted, untypeset
from rtnb.audio.clip import Clip
from rtnb.protocol.turn_detection import ServerVad
from rtnb.session.facade import Session
from rtnb.vad.computing import probabilities
from rtnb.vad.corpus import Item
from rtnb.vad.engines import Engine
from rtnb.vad.labels.segments import Labels
from rtnb.vad.scores.mistakes import Mistake
from rtnb.vad.scores.score import Score
from rtnb.vad.setting import Setting
from rtnb.vad.track import Track
from rtnb.vad.tuning import DetectorTuning
from rtnb.vad.turns import DetectedTurn
from rtnb.widgets.assets import VAD_LAB
from rtnb.widgets.frame.leaving import remember
from rtnb.widgets.frame.page import Page
from rtnb.widgets.frame.picture import GONE, Picture
from rtnb.widgets.vad import actions, still
from rtnb.widgets.vad.answering import Answering, known
from rtnb.widgets.vad.bench import Bench, Shown
from rtnb.widgets.vad.given import told_recording, told_setting, told_tuning
from rtnb.widgets.vad.jobs import Job, Jobs
from rtnb.widgets.vad.knobs import RANGES, Knobs, prediction_words
from rtnb.widgets.vad.parcels import result

if TYPE_CHECKING:
    from rtnb.vad.sweeps.result import Sweep

__all__ = ["VadLab"]

_LOGGER = logging.getLogger("rtnb.widgets")


class VadLab(Answering):
    """A recording with its turns, and sliders for every parameter of turn detection.

    Shown at the end of a cell: waveform, speech probability, labels, detected turns and mistakes, redrawn while a
    slider is dragged. Labels are drawn and moved with mouse or keys. It can tell a session its setting, hold the
    prediction against a server, and search a grid. A picture of it, kept up to date, is stored beneath the view: it is
    what a saved notebook shows on pages without a kernel, after the kernel was restarted, and after :meth:`freeze`.

    Parameters
    ----------
    clip : Clip, Item or path
        The recording; ten minutes and more stay quick. An item of a corpus brings its labels.
    labels : Labels, path, DataFrame or pairs of seconds, optional
        Where somebody really speaks, as :meth:`rtnb.vad.Labels.of` takes it; without labels they can be drawn.
    setting : Setting, ServerVad, mapping, Score or Best, optional
        Where the sliders begin; the server's defaults if not given.
    turn_gap_s : float
        Labelled speech with shorter pauses is one turn. It decides every score, so elsewhere it has no default; here it
        begins at 0.7 s, as is usual, because it is a slider that stands beside the scores and can be moved there.
    session : Session, optional
        The one that "Apply to session" tells; the only open one if not given.
    engine : Engine or str, optional
        What gives the probabilities; the best that is installed by default.
    tuning : DetectorTuning, Calibration, path or text, optional
        What the API does not document, as :func:`rtnb.vad.load_tuning` takes it. A calibration's predictions carry its
        name, all others "local emulation".
    endpoint, key : str, optional
        Where "Run on server" goes, as of :func:`rtnb.connect`; the embedded server by default. On an endpoint that is
        not on this machine the page names duration and cost, and asks, before anything is sent. The key is shown
        nowhere.

    Raises
    ------
    AudioError
        The clip is empty.
    LabelsError
        The labels lie outside of the clip.
    ConfigError
        A setting that the API would refuse, or a tuning that is none.
    MissingExtraError
        anywidget is not installed.

    Examples
    --------
    >>> import rtnb
    >>> folder = rtnb.sample("labelled")
    >>> lab = rtnb.VadLab(folder / "ami_trn07.flac", labels=folder / "ami_trn07.rttm")
    >>> lab.set(threshold=0.3, silence_duration_ms=700)
    >>> lab.setting
    Setting(threshold=0.3, prefix_padding_ms=300, silence_duration_ms=700, hysteresis=None)
    >>> lab.vad.to_wire()["silence_duration_ms"]
    700
    """

    def __init__(
        self,
        clip: Clip | Item | str | Path,
        labels: object = None,
        *,
        setting: object = None,
        turn_gap_s: float = 0.7,
        session: Session | None = None,
        engine: Engine | str | None = None,
        tuning: DetectorTuning | Any = None,
        endpoint: str | None = None,
        key: str | None = None,
    ) -> None:
        self._session = actions.checked_session(session)
        self._place = actions.Place(endpoint, key)
        sound_, labels, name = told_recording(clip, labels)
        start, idle = told_setting({} if setting is None else setting)
        known = Labels(()) if labels is None else Labels.of(labels, name=name)
        self._bench = Bench(
            sound_,
            # What a server gets of it: predictions are to hold there.
            probabilities(sound_, engine=engine, as_sent=True),
            known.within(sound_.duration_s),
            start,
            told_tuning(tuning),
            turn_gap_s=turn_gap_s,
            idle_timeout_ms=idle,
        )
        self._lock = threading.Lock()
        # What changed first is told first.
        self._order = threading.RLock()
        self._callbacks: list[Callable[[VadLab], object]] = []
        self._picture = Picture(self._still)
        self._handles: list[Any] = []
        self._frozen: Bundle | None = None
        self._drawn: tuple[int, Bundle] | None = None
        self._trial: Any = None
        self._sweep: Sweep | None = None
        self._told: dict[str, Mapping[str, Any]] = {}
        self._page = Page(
            VAD_LAB,
            {
                "ranges": {each: dict(told) for each, told in RANGES.items()},
                "knobs": self._bench.shown.knobs.to_dict(),
                "turn_gap_s": turn_gap_s,
                "duration_s": sound_.duration_s,
                "closed": "",
                "still": self._picture.mark,
            },
            lambda content, buffers: self._said(content),
        )
        self._jobs = Jobs(self._job)

    # What it shows

    @property
    def clip(self) -> Clip:
        """The recording."""
        return self._bench.clip

    @property
    def track(self) -> Track:
        """Its probabilities, of the sound as a server gets it."""
        return self._bench.track

    @property
    def setting(self) -> Setting:
        """Where the sliders stand; ``lab.setting = ...`` moves them."""
        return self._bench.shown.setting

    @setting.setter
    def setting(self, value: object) -> None:
        setting, idle = told_setting(value)
        knobs = Knobs.of(setting, self._bench.tuning, idle_timeout_ms=idle)
        self._publish(lambda: self._bench.stand(knobs))

    @property
    def vad(self) -> ServerVad:
        """The setting for :func:`rtnb.connect` and ``session.update(turn_detection=...)``."""
        return self._bench.shown.knobs.vad

    @property
    def tuning(self) -> DetectorTuning:
        """The detector as the sliders have it."""
        return self._bench.shown.knobs.tuning(self._bench.tuning)

    @property
    def prediction(self) -> str:
        """What the turns rest on: "local emulation", or a calibration's name."""
        return self._bench.shown.prediction

    @property
    def turns(self) -> tuple[DetectedTurn, ...]:
        """The turns of this setting."""
        return self._bench.shown.table.turns()

    @property
    def labels(self) -> Labels:
        """The labels as they are now; ``lab.labels.save("x.rttm")`` keeps them, ``lab.labels = ...`` replaces them."""
        return self._bench.shown.labels

    @labels.setter
    def labels(self, value: object) -> None:
        self._publish(lambda: self._bench.edit("replace", Labels(()) if value is None else Labels.of(value)))

    @property
    def score(self) -> Score | None:
        """How this setting does on the labels; None without labels."""
        return self._bench.shown.score

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """The mistakes of this setting, in order of time."""
        return self._bench.shown.mistakes

    @property
    def trial(self) -> Any:
        """What the server made of the clip, an :class:`rtnb.lab.Trial`; None before "Run on server"."""
        return self._trial

    @property
    def sweep(self) -> Sweep | None:
        """What "Sweep" last found."""
        return self._sweep

    # What code may do

    def set(self, **parameters: Any) -> None:
        """Move sliders: ``lab.set(threshold=0.4, silence_duration_ms=350)``.

        Parameters
        ----------
        **parameters
            ``threshold``, ``prefix_padding_ms``, ``silence_duration_ms``, ``idle_timeout_ms``, ``hysteresis``,
            ``min_speech_ms``, ``turn_gap_s``.

        Raises
        ------
        TypeError
            There is no such parameter; the message lists those that there are.
        ConfigError
            It cannot have that value; nothing changed.
        """
        told = known(parameters)
        self._publish(lambda: self._bench.set(told))

    def pin(self, name: str = "pinned") -> None:
        """Keep the present setting in the table of scores, for comparison."""
        self._publish(lambda: self._bench.pin(name))

    def undo(self) -> None:
        """Take back the last change of the labels."""
        self._publish(lambda: self._bench.edit("undo"))

    def on_change(self, callback: Callable[[VadLab], object]) -> Callable[[], None]:
        """Have `callback` called with the lab after every change, on the thread that made it; gives a way to end that.

        What it raises is logged, and stops nothing.
        """
        with self._lock:
            self._callbacks.append(callback)

        def end() -> None:
            with self._lock, suppress(ValueError):
                self._callbacks.remove(callback)

        return end

    def apply(self) -> str:
        """Tell the session this setting, as the button does; gives what happened.

        Raises
        ------
        SessionError
            No session is open, more than one is, or the server refused.
        """
        text = actions.apply(actions.chosen_session(self._session), self.vad)
        self._page.send({"type": "say", "kind": "done", "text": text}, [])
        return text

    def run_on_server(self, start_s: float = 0.0, end_s: float | None = None) -> None:
        """Stream the clip, or a part of it, to the server in the background; then see :attr:`trial`.

        Unlike the button it does not ask first: a long clip takes as long as it lasts, and an endpoint may charge.
        """
        knobs = self._bench.shown.knobs
        part = actions.within(self._bench.clip, start_s, end_s)

        def work(job: Job) -> Mapping[str, Any]:
            self._trial, told = actions.try_on_server(
                self._bench, knobs, job, self._place, start_s=part[0], end_s=part[1]
            )
            self._told["trial"] = told["trial"]
            return told

        self._start("Run on server", work)

    def run_sweep(self) -> None:
        """Score the usual grid on this clip in the background, as the button does; then see :attr:`sweep`."""

        def work(job: Job) -> Mapping[str, Any]:
            self._sweep, best, front, title = actions.search(self._bench, job)
            told = actions.swept(best, front, title)
            self._told["sweep"] = told["sweep"]
            self._publish(lambda: self._bench.pin("best found", best.knobs))
            return told

        self._start("Sweep", work)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for what a button began; False when it still goes on after `timeout` seconds."""
        return self._jobs.wait(timeout)

    def cancel(self) -> None:
        """End what a button began."""
        self._jobs.cancel()

    def freeze(self) -> None:
        """Replace the live view by a picture of it, which stays readable in the saved notebook. Twice is fine."""
        with self._lock:
            if self._frozen is not None:
                return
            self._frozen = self._still()
            handles, self._handles = self._handles, []
        self._jobs.cancel()
        self._picture.leave(self._frozen)
        # Not closed: a page that was loaded anew knows nothing of this output, and goes on showing the view.
        self._page.tell(closed="Frozen: the picture in the cell is what stays. Run the cell again for a live lab.")
        for handle in handles:
            with suppress(Exception):
                handle.update(GONE, raw=True)

    # How it shows itself

    def __repr__(self) -> str:
        shown = self._bench.shown
        score = "" if shown.score is None else f", {counted(len(shown.mistakes), 'mistake')}"
        return (
            f"VadLab({self.clip.duration_s:.1f} s, {shown.setting}, {counted(len(shown.table), 'turn')}{score}, "
            f"{prediction_words(shown.prediction)})"
        )

    def _still(self) -> Bundle:
        shown = self._bench.shown
        kept = self._drawn
        # A kernel that is told to go has no time to draw again what it has drawn.
        if kept is not None and kept[0] == shown.seq:
            return dict(kept[1])
        try:
            made = untypeset({"text/plain": repr(self), **still.bundle(self._bench)})
            self._drawn = (shown.seq, made)
            return dict(made)
        except Exception:
            # A picture that fails must not take the lab with it.
            _LOGGER.debug("no still", exc_info=True)
            return {"text/plain": repr(self)}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        if self._frozen is not None:
            return self._frozen
        return {**self._still(), **self._page.bundle()}

    def _ipython_display_(self) -> None:
        from IPython.display import display

        if self._frozen is not None:
            display(self._frozen, raw=True)
            return
        # Two outputs: where there is no kernel JupyterLab takes the view of an output and says that it has no model,
        # whatever picture stands beside it. The view hides the picture while it lives.
        self._picture.show()
        handle = display({"text/plain": repr(self), **self._page.bundle()}, raw=True, display_id=True)
        if handle is not None:
            self._handles.append(handle)
            remember(self)

    def _start(self, name: str, work: Callable[[Job], Mapping[str, Any]]) -> None:
        if not self._jobs.start(name, work):
            text = f"{self._jobs.running or 'Something else'} is still under way; cancel it first."
            self._page.send({"type": "say", "kind": "problem", "text": text}, [])

    def _job(self, told: Mapping[str, Any]) -> None:
        self._page.send(told, [])

    def _before_server(self, view: tuple[float, float]) -> Mapping[str, Any] | None:
        return actions.before_server(self._bench, self._bench.shown.knobs, self._place, view)

    def _publish(
        self, change: Callable[[], Shown], *, answers: int = 0, selecting: Callable[[Shown], int | None] | None = None
    ) -> None:
        with self._order:
            shown = change()
            selected = None if selecting is None else selecting(shown)
            self._send(result(self._bench, shown, answers=answers, selected=selected, edit=self._edited))
        self._picture.changed()
        for callback in tuple(self._callbacks):
            try:
                callback(self)
            except Exception:
                _LOGGER.exception("a callback of VadLab.on_change failed")
