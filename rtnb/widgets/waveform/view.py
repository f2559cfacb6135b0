"""``rtnb.Waveform``: sound in a cell, from hours to samples."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from typing import Any, Final

from rtnb._display import Bundle, counted
from rtnb.audio.clip import Clip
from rtnb.audio.sources import ArraySource
from rtnb.errors import AudioError, ConfigError
from rtnb.session.facade import Session
from rtnb.widgets.assets import WAVEFORM
from rtnb.widgets.frame.following import Following
from rtnb.widgets.frame.live import LiveView
from rtnb.widgets.frame.options import checked_options
from rtnb.widgets.waveform import parcels
from rtnb.widgets.waveform.given import named, told
from rtnb.widgets.waveform.looking import Looking
from rtnb.widgets.waveform.still import drawn, heard
from rtnb.widgets.waveform.stretches import long, sliced, spanned, within
from rtnb.widgets.waveform.talking import Moment
from rtnb.widgets.waveform.tracks import Entry, Sheet

__all__ = ["Waveform"]

QUICK_S: Final = 0.02
REST_SHARE: Final = 4.0
REST_S: Final = 0.5
"""After a step of growing that took longer than QUICK_S the view rests so many times as long, half a second at most."""

NOT_GROWING: Final = "The session goes on, but this view cannot be brought up to date: run the cell again"

OPTIONS: Final = ("rate_hz", "span_s", "spectrogram", "title")


class Waveform(LiveView):
    """Sound in a cell, from hours to samples: zoom, play, select, and see its spectrogram.

    What was said to a session lies above the axis and what it answered below, on one clock, with what turn detection
    heard, the transcripts and the latencies; what nobody heard is faded. While a session is open the picture grows.

    Parameters
    ----------
    of : Clip, path, array, Turn, Run, Session, AsyncSession, Recording, or several sounds as a list or a dict
        An open AsyncSession must be given on its own event loop.
    rate_hz : int, optional
        Of bare samples.
    span_s : (float, float), optional
        The stretch that is shown first, in seconds; everything if not given.
    spectrogram : bool
        Whether it is shown from the beginning.
    title : str
        What stands above it.

    Raises
    ------
    ConfigError
        Something without sound.
    AudioError, AudioFileError
        Samples that are none, or a file that is none.
    TypeError
        An option that there is not.

    Examples
    --------
    >>> import rtnb
    >>> view = rtnb.Waveform(rtnb.sample("weather_question"))
    >>> view.select(0.5, 1.5)
    >>> view.selection.duration_s
    1.0
    >>> view[0.25:0.5].duration_s
    0.25
    """

    def __init__(
        self,
        of: object,
        *,
        rate_hz: int | None = None,
        span_s: tuple[float, float] | None = None,
        spectrogram: bool = False,
        title: str = "",
        **options: Any,
    ) -> None:
        checked_options("Waveform", options, OPTIONS)
        self._taken = told(of, rate_hz=rate_hz)
        self._order = threading.RLock()
        self._sheet = self._taken.take()
        self._known: dict[int, Entry] = {each["key"]: each for each in self._sheet.entries}
        self._selected: tuple[float, float] | None = None
        self._title = title
        self._span_s = None if span_s is None else spanned(self._sheet, span_s)
        self._spectrogram = bool(spectrogram)
        self._pages: set[object] = set()
        self._feed: Following[Moment] | Looking | None = None
        super().__init__(
            WAVEFORM,
            {
                "title": title,
                "span": None if self._span_s is None else list(self._span_s),
                "spectrogram": self._spectrogram,
            },
        )
        if self._taken.session is not None and (talking := self._taken.talking) is not None:
            self._feed = Following(
                self._taken.session,
                talking.take,
                lambda moment: self._grown(talking.sheet(moment)),
                ahead=talking.look,
                failed=self._failed,
            )
        elif self._taken.growing is not None and self._sheet.live:
            self._feed = Looking(self._taken.growing, lambda: self._grown(self._taken.take()), failed=self._failed)

    # For users

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last moment that is shown."""
        return self._present().duration_s

    @property
    def tracks(self) -> tuple[str, ...]:
        """The names of its tracks."""
        return tuple(track.name for track in self._sheet.tracks)

    @property
    def selected_s(self) -> tuple[float, float] | None:
        """Where the selection begins and ends, in seconds; None where nothing is selected."""
        return self._selected

    @property
    def selection(self) -> Clip | None:
        """What is selected, as a clip of all tracks; None where nothing is."""
        return None if self._selected is None else self.clip(*self._selected)

    def select(self, start_s: float | None, end_s: float | None = None) -> None:
        """Select a stretch, as the mouse does; ``select(None)`` selects nothing.

        Raises
        ------
        AudioError
            It ends before it begins, lies outside of the sound, or is no number.
        """
        if start_s is None and end_s is None:
            self._selected = None
        else:
            self._selected = within(self._present(), start_s, end_s)
        self._send(self._selection())
        self._changed()

    def clip(self, start_s: float, end_s: float, *, tracks: str | tuple[str, ...] | None = None) -> Clip:
        """What sounds in a stretch, all tracks together or those that are named.

        Raises
        ------
        ConfigError
            There is no such track.
        AudioError
            It ends before it begins, lies outside of the sound, or is no number.
        """
        wanted = (tracks,) if isinstance(tracks, str) else tracks
        chosen = None
        if wanted is not None:
            for name in wanted:
                if name not in self.tracks:
                    raise ConfigError(f"There is no track {name!r}; there are {', '.join(map(repr, self.tracks))}.")
            chosen = [index for index, name in enumerate(self.tracks) if name in wanted]
        sheet = self._present()
        return sheet.clip(*within(sheet, start_s, end_s), chosen)

    def __getitem__(self, part: slice) -> Clip:
        """``view[0.5:2.0]`` is what sounds between those seconds of its clock."""
        if not isinstance(part, slice) or part.step is not None:
            raise AudioError("A waveform is sliced by seconds, as in view[0.5:2.0].")
        sheet = self._present()
        return sheet.clip(*within(sheet, part.start, part.stop))

    @property
    def code(self) -> str:
        """Python that gives the selection again; empty where nothing is selected."""
        if self._selected is None:
            return ""
        return f"{named(self) or self._taken.code}[{sliced(self._selected)}]"

    def __repr__(self) -> str:
        sheet = self._sheet
        tracks = "" if len(sheet.tracks) == 1 else f", {counted(len(sheet.tracks), 'track')}"
        chosen = "" if self._selected is None else f", {sliced(self._selected, ' to ')} s selected"
        state = ", live" if sheet.live else ""
        return f"Waveform({long(sheet.duration_s)}{tracks}{state}{chosen})"

    # Inside

    def _present(self) -> Sheet:
        """How it stands, also while it does not follow since no page shows it."""
        resting = isinstance(self._feed, Following) and self._feed.paused
        if resting and isinstance(self._taken.session, Session):
            sheet = self._taken.take()
            with self._order:
                self._sheet = sheet
        return self._sheet

    def _draw(self) -> Bundle:
        sheet = self._present()
        if self._taken.still is None:
            with self._order:
                # It reads outlines that grow; what takes longer comes after it.
                of: Any = heard(sheet, self._span_s)
        else:
            of = self._taken.still()
        sounds = sheet.tracks[0].sounds if isinstance(of, ArraySource) else ()
        return drawn(
            of,
            sounds[0].pyramid if sounds else None,
            span_s=self._span_s,
            selection_s=self._selected,
            spectrogram=self._spectrogram,
            title=self._title,
        )

    def _gone(self) -> None:
        if self._feed is not None:
            self._feed.end()

    def _grown(self, sheet: Sheet) -> None:
        """More is there: pages get what they do not know."""
        began_s = time.perf_counter()
        with self._order:
            fresh = [each for each in sheet.entries if self._known.get(each["key"]) != each]
            gone = self._known.keys() - {each["key"] for each in sheet.entries}
            self._sheet = sheet
            self._known = {each["key"]: each for each in sheet.entries}
            content, buffers = parcels.sheet_parcel(sheet, sheet.entries if gone else fresh, whole=bool(gone))
            self._send(content, buffers)
        self._changed()
        took_s = time.perf_counter() - began_s
        if took_s > QUICK_S and sheet.live:
            # What comes meanwhile is told together: a long session must not keep a core busy.
            time.sleep(min(REST_S, REST_SHARE * took_s))

    def _failed(self, error: BaseException | None) -> None:
        """It does not grow at present, or it does again."""
        text = "" if error is None else f"{NOT_GROWING} ({type(error).__name__}: {str(error)[:200]})"
        self._send({"type": "say", "kind": "" if error is None else "problem", "text": text})

    def _came(self, page: object) -> None:
        self._pages.add(page)
        if isinstance(self._feed, Following) and self._feed.paused:
            self._feed.resume()

    def _left(self, page: object) -> None:
        """A page shows it no more: what nobody sees is worth no work, the picture that stays apart."""
        self._pages.discard(page)
        if isinstance(self._feed, Following) and not self._pages:
            self._feed.pause()

    def _selection(self) -> dict[str, Any]:
        chosen = None if self._selected is None else list(self._selected)
        return {"type": "selection", "span": chosen, "code": self.code}

    def _hear(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        kind, page = content.get("type"), content.get("page")
        if kind == "bye":
            self._left(page)
            return
        self._came(page)
        if kind == "select":
            span = content.get("span")
            self.select(*(span if isinstance(span, list | tuple) and len(span) == 2 else (None,)))
            return
        if kind == "spectrogram_on":
            self._spectrogram = bool(content.get("on"))
            self._changed()
            return
        with self._order:
            answer = self._answer(str(kind), content)
            if answer is None:
                return
            told_, parts = answer
            self._send({**told_, "page": page, "seq": content.get("seq")}, parts)
            if kind == "hello":
                self._send({**self._selection(), "page": page})

    def _answer(self, kind: str, content: Mapping[str, Any]) -> parcels.Parcel | None:
        sheet = self._sheet
        if kind == "hello":
            return parcels.sheet_parcel(sheet, sheet.entries, whole=True)
        if kind not in ("window", "sound", "spectrogram"):
            return None
        start_s, end_s = float(content["start_s"]), float(content["end_s"])
        if not (math.isfinite(start_s) and math.isfinite(end_s) and end_s > start_s):
            return None
        if kind == "window":
            return parcels.window(sheet, start_s, end_s, int(content["columns"]))
        if kind == "sound":
            wanted = content.get("tracks")
            made, parts = parcels.sound(sheet, start_s, end_s, None if wanted is None else [int(i) for i in wanted])
            return {**made, "piece": content.get("piece"), "mix": content.get("mix")}, parts
        return parcels.picture(sheet, start_s, end_s, int(content["columns"]), int(content["rows"]))
