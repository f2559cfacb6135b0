"""What a browser page shows and says: one anywidget, behind a few verbs, so that the rest knows none of it."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from rtnb._display import Bundle
from rtnb.session.live import pressed_anywhere
from rtnb.widgets.extras import needed

__all__ = ["Page", "PageKind", "Said"]

Said = Callable[[Mapping[str, Any], list[bytes]], None]

_LOGGER = logging.getLogger("rtnb.widgets")


@dataclass(frozen=True, slots=True)
class PageKind:
    """One kind of view.

    Parameters
    ----------
    name : str
        As a sentence begins that misses a package: "The microphone".
    esm, css : callable
        Give the page's module and its style.
    """

    name: str
    esm: Callable[[], str]
    css: Callable[[], str]


@functools.cache
def _widget(kind: PageKind) -> Any:
    needed("ipywidgets", kind.name)
    base: Any = needed("anywidget", kind.name).AnyWidget
    import traitlets

    class LiveWidget(base):  # type: ignore[misc]
        """State in one small trait; what is large only in buffers of messages."""

        _esm = kind.esm()
        _css = kind.css()
        settings = traitlets.Dict().tag(sync=True)

    # anywidget keeps one style in a page for each class name: kinds of one name would undress one another.
    LiveWidget.__name__ = "".join(word.capitalize() for word in kind.name.split())
    return LiveWidget


class Page:
    """A view as pages see it; every verb may be called from any thread.

    Parameters
    ----------
    kind : PageKind
    settings : mapping
        What a page is to know before anything is said; small, it is synchronised.
    said : callable
        Called with each message of a page and its buffers, on whatever thread the kernel has for it.

    Raises
    ------
    MissingExtraError
        ipywidgets or anywidget is not installed.
    """

    def __init__(self, kind: PageKind, settings: Mapping[str, Any], said: Said) -> None:
        self._widget = _widget(kind)(settings=dict(settings))
        # Its messages would wait with the cell that made it.
        pressed_anywhere(self._widget.comm)
        self._widget.on_msg(lambda widget, content, buffers: said(content, [bytes(each) for each in buffers or ()]))
        self._lock = threading.Lock()

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the page knows."""
        found: Mapping[str, Any] = self._widget.settings
        return found

    def tell(self, **settings: Any) -> None:
        """Change what the page knows."""
        with suppress(Exception):
            self._widget.settings = {**self._widget.settings, **settings}

    def send(self, content: Mapping[str, Any], buffers: list[bytes] | None = None) -> None:
        """A message to every page that shows it; a page that cannot be told breaks nothing."""
        try:
            with self._lock:
                self._widget.send(dict(content), buffers=buffers or None)
        except Exception:
            _LOGGER.debug("the page was not told", exc_info=True)

    def bundle(self) -> Bundle:
        """The view, for a notebook that is open."""
        data, *_ = self._widget._repr_mimebundle_()
        return {key: value for key, value in data.items() if key != "text/plain"}

    def close(self) -> None:
        """The pages forget it."""
        self._widget.close()
