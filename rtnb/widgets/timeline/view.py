"""Lanes over time in a cell."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from rtnb import _display
from rtnb._display import Bundle, counted
from rtnb.errors import ConfigError
from rtnb.session.timeline.comparing import WAYS, checked_align
from rtnb.session.timeline.seen import Seen
from rtnb.session.timeline.timeline import Timeline
from rtnb.widgets.assets import TIMELINE
from rtnb.widgets.frame.following import Following
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options
from rtnb.widgets.timeline.files import FILES, file_name, write
from rtnb.widgets.timeline.given import Given, told
from rtnb.widgets.timeline.listeners import Listeners
from rtnb.widgets.timeline.parcels import SLICE_S, Packer, detail_of, parts_of, sound_parts
from rtnb.widgets.timeline.together import Together, side_by_side, together

if TYPE_CHECKING:
    from rtnb.session.timeline.comparing import Align
else:
    # jedi 0.20.1, which completes in cells, offers nothing of a class that has a property of a Literal type.
    Align = str | int

__all__ = ["TimelineView"]

OPTIONS: Final = ("align",)

PLAY_HZ: Final = 24000

BREATH_S: Final = 0.02
"""Between two stretches of outlines, so that a session that goes on is told of meanwhile."""

_LOGGER = logging.getLogger("rtnb.widgets")


class TimelineView(LiveView):
    """Lanes over time in a cell: what was said, heard, answered, paid and waited for, on one clock.

    While a session is open the lanes grow. Zoom with Ctrl and the wheel or the arrow keys, drag to move, click to hear
    a stretch and to read its event; chips filter by family, and deltas are one line with their number until asked for.

    Parameters
    ----------
    of : Session, AsyncSession, Recording, Run, Turn or Timeline
        An open AsyncSession must be given on its own event loop.
    other : the same, optional
        A second run, shown below the first one on the same axis.
    align : {"auto", "start", "speech", "response"} or int
        What of the two runs lies at one place: their beginnings, their first speech, their first response, or a turn
        by its index; ``"auto"`` takes the first of speech, response and beginning that both have.

    Raises
    ------
    ConfigError
        Something without a timeline, an unknown alignment, or one of which a run that is over has nothing. While a run
        goes on, both begin at the start until it has.
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

    def __init__(self, of: object, other: object = None, *, align: Align = "auto", **options: Any) -> None:
        checked_options("TimelineView", options, OPTIONS)
        self._align = checked_align(align)
        self._order = threading.RLock()
        self._given: list[Given] = [told(each) for each in (of, *(() if other is None else (other,)))]
        self._timelines: list[Timeline] = [each.timeline for each in self._given]
        self._packers = [Packer(index) for index in range(len(self._given))]
        self._feeds: list[Following[Seen]] = []
        together(self._timelines, self._align)
        self._compared: list[Any] | None = None
        self._listeners = Listeners()
        self._outlining = False
        super().__init__(TIMELINE, {"runs": len(self._given)})
        for index, given in enumerate(self._given):
            if given.session is not None and given.look is not None:
                feed = Following(given.session, given.look, self._grower(index, given), ahead=given.ahead)
                self._feeds.append(feed)

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
    def align(self) -> Align:
        """What of the two runs lies at one place; it may be set."""
        return self._align

    @align.setter
    def align(self, align: Align) -> None:
        with self._order:
            wanted = checked_align(align)
            together(self._timelines, wanted)
            self._align = wanted
        self._send_whole(None)
        self._changed()

    def __repr__(self) -> str:
        told_ = [f"{counted(len(each.columns), 'event')} in {each.duration_s:.1f} s" for each in self._timelines]
        return f"TimelineView({' / '.join(told_)})"

    # A view

    def _draw(self) -> Bundle:
        if self.other is None:
            return _display.bundle(self.timeline)
        return _display.bundle(self.timeline.against(self.other, align=self._together().align))

    def _gone(self) -> None:
        for feed in self._feeds:
            feed.end()

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        kind, page = content.get("type"), content.get("page")
        if kind == "bye":
            self._listeners.left(page)
            self._rest_unseen()
            return
        if self._listeners.heard(page):
            for feed in self._feeds:
                feed.resume()
            if kind == "here":
                # Taken for gone, and there again: it knows nothing of what was told meanwhile.
                self._send_whole(page)
        if kind == "hello":
            self._send_whole(page)
        elif kind == "detail":
            self._tell_detail(page, self._run(content), int(content["seq"]))
        elif kind == "align":
            self._realign(page, content.get("align"))
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

    def _realign(self, page: object, align: object) -> None:
        try:
            self.align = align  # type: ignore[assignment]
        except ConfigError as error:
            self._send({"type": "say", "kind": "problem", "text": str(error), "page": page})

    def _rest_unseen(self) -> None:
        """Nobody looks any more: what goes on is followed again when a page comes, and told at its end anyway."""
        if self._listeners.deserted:
            for feed in self._feeds:
                feed.pause()

    def _run(self, content: Mapping[str, Any]) -> int:
        index = int(content.get("run") or 0)
        if not 0 <= index < len(self._timelines):
            raise ConfigError(f"There is no run {index}.")
        return index

    # What travels

    def _together(self) -> Together:
        return together(self._timelines, self._align)

    def _shift(self, index: int) -> float:
        return self._together().shift_s if index else 0.0

    def _tell_both(self, page: object, *, again: bool) -> None:
        """How two runs lie and how they differ, where that is new."""
        if self.other is None:
            return
        found, rows = self._together(), side_by_side(self.timeline, self.other)
        now = [self._align, found.words, found.lacks, rows]
        if now == self._compared and not again:
            return
        self._compared = now
        ways = [*WAYS, *([self._align] if isinstance(self._align, int) else [])]
        content = {"type": "both", "align": self._align, "ways": ways, "words": found.words, "lacks": found.lacks,
                   "rows": rows}  # fmt: skip
        self._send(content if page is None else {**content, "page": page})

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
            self._tell_both(page, again=True)
        self._outline_rest()

    def _send_new(self) -> None:
        for index, timeline in enumerate(self._timelines):
            packer = self._packers[index]
            if packer.begun and (parcel := packer.more(timeline, shift_s=self._shift(index), label=self._label(index))):
                self._send(*parcel)
        if any(packer.begun for packer in self._packers):
            self._tell_both(None, again=False)

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
            self._rest_unseen()
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
                    # A lock is not fair: without a pause nobody else would get it.
                    time.sleep(BREATH_S)
            except Exception as error:
                _LOGGER.warning("the sound of a timeline is not outlined any more", exc_info=True)
                text = f"The outline of the sound could not be worked out: {error}"
                self._send({"type": "say", "kind": "problem", "text": text})
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
        name = file_name(what, len(self._timelines))
        with tempfile.TemporaryDirectory(prefix="rtnb-") as folder:
            path = Path(folder) / name
            write(what, path, tuple(self._timelines), self._shift(1))
            data = path.read_bytes()
        answer = {"type": "file", "ask": content.get("ask"), "name": name, "mime": FILES[what][1],
                  "page": content.get("page")}  # fmt: skip
        for parcel in parts_of(answer, data):
            self._send(*parcel)


def _sounding(timeline: Timeline) -> bool:
    """Whether an answer is being played: no event tells how it goes on."""
    return timeline.live and any(
        not each.cut and each.played_s < each.received_s and each.end_s >= timeline.duration_s - 0.1
        for each in timeline.heard[-2:]
    )
