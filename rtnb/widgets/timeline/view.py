"""Lanes over time in a cell."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Literal, get_args

import numpy as np

from rtnb import _display
from rtnb._display import Bundle, counted
from rtnb.errors import ConfigError
from rtnb.session.timeline.seen import Seen
from rtnb.session.timeline.timeline import Timeline
from rtnb.widgets.assets import TIMELINE
from rtnb.widgets.frame.following import Following
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options
from rtnb.widgets.timeline.given import Given, told
from rtnb.widgets.timeline.parcels import SLICE_S, Packer, detail_of, parts_of, sound_parts

__all__ = ["ALIGNMENTS", "TimelineView"]

OPTIONS: Final = ("align",)

Alignment = Literal["auto", "start", "speech", "response"]

ALIGNMENTS: Final[tuple[Alignment, ...]] = get_args(Alignment)

FILES: Final = {
    "png": ("timeline.png", "image/png"),
    "html": ("timeline.html", "text/html"),
    "jsonl": ("timeline.jsonl", "application/x-ndjson"),
    "perfetto": ("timeline.perfetto.json", "application/json"),
}

PLAY_HZ: Final = 24000

_LOGGER = logging.getLogger("rtnb.widgets")


class TimelineView(LiveView):
    """Lanes over time in a cell: what was said, heard, answered, paid and waited for, on one clock.

    While a session is open the lanes grow. Zoom with Ctrl and the wheel or the arrow keys, drag to move, click to hear
    a stretch and to read its event; chips filter by family, and deltas are one line with their number until asked for.

    Parameters
    ----------
    of : Session, AsyncSession, Recording, Run or Timeline
        An open AsyncSession must be given on its own event loop.
    other : the same, optional
        A second run, shown below the first one on the same axis.
    align : {"auto", "start", "speech", "response"}
        What of the two runs lies at one place: their beginnings, their first speech, their first response, or the
        first of speech, response and beginning that both have.

    Raises
    ------
    ConfigError
        Something without a timeline, or an unknown alignment.
    TypeError
        An option that there is not.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect(modalities=["text"], journal=False) as s:
    ...     turn = s.ask("Spell cat.", show=False)
    ...     view = rtnb.TimelineView(s)      # at the end of a cell: the lanes
    >>> view.freeze()
    """

    def __init__(self, of: object, other: object = None, *, align: Alignment = "auto", **options: Any) -> None:
        checked_options("TimelineView", options, OPTIONS)
        self._align = _checked(align)
        self._order = threading.RLock()
        self._given: list[Given] = [told(each) for each in (of, *(() if other is None else (other,)))]
        self._timelines: list[Timeline] = [each.timeline for each in self._given]
        self._packers = [Packer(index) for index in range(len(self._given))]
        self._feeds: list[Following[Seen]] = []
        self._outlining = False
        super().__init__(TIMELINE, {"runs": len(self._given)})
        for index, given in enumerate(self._given):
            if given.session is not None and given.look is not None:
                self._feeds.append(Following(given.session, given.look, self._grower(index, given)))

    # For users

    @property
    def timeline(self) -> Timeline:
        """The first run as it is shown."""
        return self._timelines[0]

    @property
    def other(self) -> Timeline | None:
        """The second run, if there is one."""
        return self._timelines[1] if len(self._timelines) > 1 else None

    @property
    def align(self) -> Alignment:
        """What of the two runs lies at one place; it may be set."""
        return self._align

    @align.setter
    def align(self, align: Alignment) -> None:
        self._align = _checked(align)
        self._send_whole(None)
        self._changed()

    def __repr__(self) -> str:
        told_ = [f"{counted(len(each.columns), 'event')} in {each.duration_s:.1f} s" for each in self._timelines]
        return f"TimelineView({' / '.join(told_)})"

    # A view

    def _draw(self) -> Bundle:
        if self.other is None:
            return _display.bundle(self.timeline)
        return _display.bundle(self.timeline.against(self.other, align=self._align))

    def _gone(self) -> None:
        for feed in self._feeds:
            feed.end()

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        kind, page = content.get("type"), content.get("page")
        if kind == "hello":
            self._send_whole(page)
        elif kind == "detail":
            self._tell_detail(page, self._run(content), int(content["seq"]))
        elif kind == "align":
            self.align = content.get("align")  # type: ignore[assignment]
        elif kind in ("search", "play", "export"):
            # What may take its time must not keep a kernel's shell from the next message.
            work: Callable[[Mapping[str, Any]], None] = {
                "search": self._search,
                "play": self._play,
                "export": self._export,
            }[str(kind)]
            threading.Thread(target=self._try, args=(work, content), name=f"rtnb-timeline-{kind}", daemon=True).start()

    def _try(self, work: Callable[[Mapping[str, Any]], None], content: Mapping[str, Any]) -> None:
        try:
            work(content)
        except Exception as error:
            _LOGGER.debug("a timeline's page asked in vain", exc_info=True)
            text = f"That failed: {error}" if str(error) else f"That failed ({type(error).__name__})."
            self._send({"type": "say", "kind": "problem", "text": text, "page": content.get("page")})

    def _run(self, content: Mapping[str, Any]) -> int:
        index = int(content.get("run") or 0)
        if not 0 <= index < len(self._timelines):
            raise ConfigError(f"There is no run {index}.")
        return index

    # What travels

    def _shift(self, index: int) -> float:
        if index == 0 or self.other is None:
            return 0.0
        with suppress(Exception):
            # Runs without speech, or without a response, have nothing there to lie upon each other.
            return float(self.timeline.against(self.other, align=self._align).shift_s)
        return 0.0

    def _send_whole(self, page: object) -> None:
        with self._order:
            # What one page is told whole, the others must have heard of: parcels go on from it for all.
            if page is not None:
                self._send_new()
            for index, timeline in enumerate(self._timelines):
                content, buffers = self._packers[index].whole(
                    timeline, runs=len(self._timelines), shift_s=self._shift(index), label=self._label(index)
                )
                self._send(content if page is None else {**content, "page": page}, buffers)
        self._outline_rest()

    def _send_new(self) -> None:
        for index, timeline in enumerate(self._timelines):
            packer = self._packers[index]
            if packer.begun and (parcel := packer.more(timeline, shift_s=self._shift(index), label=self._label(index))):
                self._send(*parcel)

    def _label(self, index: int) -> str:
        timeline = self._timelines[index]
        return timeline.name or f"run {index + 1}: {timeline.endpoint}"

    def _grower(self, index: int, given: Given) -> Callable[[Seen], bool]:
        made = given.made
        assert made is not None

        def grown(seen: Seen) -> bool:
            with self._order:
                if seen.events < len(self._timelines[index].columns):
                    return False
                timeline = self._timelines[index] = made(seen)
                self._send_new()
            self._changed()
            return _sounding(timeline)

        return grown

    def _outline_rest(self) -> None:
        """Hours of sound are outlined behind what is shown already."""
        with self._order:
            if self._outlining or all(packer.outlined for packer in self._packers):
                return
            self._outlining = True

        def work() -> None:
            try:
                while not self.frozen:
                    with self._order:
                        self._send_new()
                        if all(packer.outlined for packer in self._packers):
                            return
            finally:
                self._outlining = False

        threading.Thread(target=work, name="rtnb-timeline-outlines", daemon=True).start()

    # What is asked for

    def _tell_detail(self, page: object, run: int, seq: int) -> None:
        found = self._timelines[run].detail(seq)
        self._send({**detail_of(run, seq, found.json, found.explanation), "page": page})

    def _search(self, content: Mapping[str, Any]) -> None:
        run = self._run(content)
        found = np.asarray(self._timelines[run].search(str(content.get("text", ""))), "<u4")
        answer = {"type": "found", "run": run, "ask": content.get("ask"), "page": content.get("page")}
        self._send(answer, [found.tobytes()])

    def _play(self, content: Mapping[str, Any]) -> None:
        side: Literal["input", "output"] = "input" if content.get("side") == "input" else "output"
        start_s = float(content["start_s"])
        end_s = min(float(content["end_s"]), start_s + SLICE_S)
        run = self._run(content)
        shift_s = self._shift(run)
        clip = self._timelines[run].clip(side, start_s - shift_s, end_s - shift_s)
        answer = {"type": "sound", "ask": content.get("ask"), "page": content.get("page")}
        for parcel in sound_parts(answer, clip.to_pcm16(PLAY_HZ), PLAY_HZ):
            self._send(*parcel)

    def _export(self, content: Mapping[str, Any]) -> None:
        what = str(content.get("what"))
        if what not in FILES:
            raise ConfigError(f"There is no export {what!r}; there are {', '.join(FILES)}.")
        name, mime = FILES[what]
        with tempfile.TemporaryDirectory(prefix="rtnb-") as folder:
            path = Path(folder) / name
            self._write(what, path)
            data = path.read_bytes()
        answer = {"type": "file", "ask": content.get("ask"), "name": name, "mime": mime, "page": content.get("page")}
        for parcel in parts_of(answer, data):
            self._send(*parcel)

    def _write(self, what: str, path: Path) -> None:
        timeline = self.timeline
        if what == "png":
            timeline.to_png(path, self.other)
        elif what == "html":
            timeline.to_html(path, self.other)
        elif what == "jsonl":
            timeline.to_jsonl(path)
        else:
            timeline.to_perfetto(path)


def _checked(align: object) -> Alignment:
    for known in ALIGNMENTS:
        if align == known:
            return known
    raise ConfigError(f"Runs are aligned at {', '.join(map(repr, ALIGNMENTS))}, not at {align!r}.")


def _sounding(timeline: Timeline) -> bool:
    """Whether an answer is being played: no event tells how it goes on."""
    return timeline.live and any(
        not each.cut and each.played_s < each.received_s and each.end_s >= timeline.duration_s - 0.1
        for each in timeline.heard[-2:]
    )
