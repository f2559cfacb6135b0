"""What pages of a lab ask for, and how they are answered; on any thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from rtnb.errors import RtnbError
from rtnb.widgets.frame.page import Page
from rtnb.widgets.vad.bench import Bench, Shown
from rtnb.widgets.vad.jobs import Jobs
from rtnb.widgets.vad.knobs import RANGES
from rtnb.widgets.vad.parcels import Parcel, recording, result, sound

__all__ = ["Answering", "known"]

EDITS: Final = ("add", "move", "name", "remove", "undo", "redo")
"""What pages may do to labels."""

PIECE_S: Final = 60.0
"""Sound is asked for in pieces; a message holds this much at most."""

_LOGGER = logging.getLogger("rtnb.widgets")


class Answering:
    """The side of a lab that its pages see."""

    _bench: Bench
    _page: Page
    _jobs: Jobs
    _told: dict[str, Mapping[str, Any]]
    _edited: tuple[str, int] = ("", 0)
    _order: threading.RLock

    def apply(self) -> str:
        """Tell the session."""
        raise NotImplementedError

    def pin(self, name: str = "pinned") -> None:
        """Keep the setting."""
        raise NotImplementedError

    def run_on_server(self, start_s: float = 0.0, end_s: float | None = None) -> None:
        """Ask a server."""
        raise NotImplementedError

    def _before_server(self, view: tuple[float, float]) -> Mapping[str, Any] | None:
        raise NotImplementedError

    def run_sweep(self) -> None:
        """Search a grid."""
        raise NotImplementedError

    def _publish(
        self, change: Callable[[], Shown], *, answers: int = 0, selecting: Callable[[Shown], int | None] | None = None
    ) -> None:
        raise NotImplementedError

    def _said(self, content: Mapping[str, Any]) -> None:
        if not isinstance(content, Mapping):
            return
        answers = content.get("answers", 0)
        answers = answers if isinstance(answers, int) else 0
        try:
            self._do(content, answers)
        except (RtnbError, TypeError) as error:
            self._page.send({"type": "refused", "answers": answers, "text": str(error)}, [])
            if content.get("type") == "edit":
                with self._order:
                    self._send(result(self._bench, self._bench.shown, edit=self._edited))
        except Exception as error:
            _LOGGER.debug("a page's wish failed", exc_info=True)
            self._page.send({"type": "refused", "answers": answers, "text": f"{type(error).__name__}: {error}"}, [])

    def _do(self, content: Mapping[str, Any], answers: int) -> None:
        kind = content.get("type")
        if kind == "hello":
            self._hello()
        elif kind == "set":
            values = content.get("values")
            told = known(values if isinstance(values, Mapping) else {})
            self._publish(lambda: self._bench.set(told), answers=answers)
        elif kind == "edit" and content.get("operation") in EDITS:
            # A page shows labels where its finger left them until this number comes back.
            edited = (str(content.get("page", "")), int(content.get("edit", 0)))
            self._edit(str(content["operation"]), list(content.get("values") or ()), edited)
        elif kind == "sound":
            start, end = float(content.get("start_s", 0)), float(content.get("end_s", 0))
            self._send(sound(self._bench.clip, start, min(end, start + PIECE_S)))
        elif kind == "pin":
            self.pin()
        elif kind == "apply":
            self.apply()
        elif kind == "trial":
            self._trial_wished(content)
        elif kind == "ping":
            self._page.send({"type": "pong"}, [])
        elif kind == "sweep":
            self.run_sweep()
        elif kind == "cancel":
            self._jobs.cancel()

    def _hello(self) -> None:
        self._send(recording(self._bench.clip, self._bench.track))
        with self._order:
            self._send(result(self._bench, self._bench.shown, edit=self._edited))
        for name, told in self._told.items():
            self._page.send({"type": "job", "state": "done", "name": name, "text": "", name: told}, [])
        if self._jobs.running:
            text = f"{self._jobs.running}: under way"
            self._page.send(
                {"type": "job", "state": "running", "name": self._jobs.running, "part": None, "text": text}, []
            )

    def _edit(self, operation: str, values: list[Any], edited: tuple[str, int]) -> None:
        def change() -> Shown:
            self._edited = edited
            return self._bench.edit(operation, *values)

        def selecting(shown: Shown) -> int | None:
            if operation == "name":
                return int(values[0])
            if operation not in ("add", "move") or not shown.labels.segments:
                return None
            start, end = values[-2:]
            places = [abs(each.start_s - float(start)) + abs(each.end_s - float(end)) for each in shown.labels.segments]
            return places.index(min(places))

        self._publish(change, selecting=selecting)

    def _trial_wished(self, content: Mapping[str, Any]) -> None:
        whole = (0.0, self._bench.clip.duration_s)
        start, end = float(content.get("start_s", whole[0])), float(content.get("end_s", whole[1]))
        question = None if content.get("sure") else self._before_server((start, end))
        if question is not None:
            self._page.send(question, [])
        elif content.get("sure"):
            self.run_on_server(start, end)
        else:
            self.run_on_server()

    def _send(self, parcel: Parcel) -> None:
        self._page.send(*parcel)


def known(parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parameters that a lab has.

    Raises
    ------
    TypeError
        There is no such parameter; the message lists those that there are.

    Examples
    --------
    >>> known({"threshold": 0.4})
    {'threshold': 0.4}
    """
    names = [*RANGES, "turn_gap_s"]
    if unknown := [name for name in parameters if name not in names]:
        raise TypeError(f"The lab has no parameter {unknown[0]!r:.80}. There are: {', '.join(names)}.")
    return parameters
