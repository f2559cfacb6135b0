"""What the pages of a lab show and say: one anywidget, behind three verbs."""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from rtnb._display import Bundle
from rtnb.session.live import pressed_anywhere
from rtnb.widgets.assets import vad_css, vad_esm
from rtnb.widgets.extras import needed

__all__ = ["LabPage"]

Said = Callable[[Mapping[str, Any]], None]

_LOGGER = logging.getLogger("rtnb.widgets")


@functools.cache
def _lab_widget() -> Any:
    needed("ipywidgets", "The VAD lab")
    base: Any = needed("anywidget", "The VAD lab").AnyWidget
    import traitlets

    class VadLabWidget(base):  # type: ignore[misc]
        """State in one small trait; columns and sound only in buffers of messages."""

        _esm = vad_esm()
        _css = vad_css()
        settings = traitlets.Dict().tag(sync=True)

    return VadLabWidget


class LabPage:
    """A lab as pages see it; every verb may be called from any thread.

    Parameters
    ----------
    settings : mapping
        What a page knows before anything is said; small.
    said : callable
        Called with each message of a page, on whatever thread the kernel has for it.

    Raises
    ------
    MissingExtraError
        ipywidgets or anywidget is not installed.
    """

    def __init__(self, settings: Mapping[str, Any], said: Said) -> None:
        self._widget = _lab_widget()(settings=dict(settings))
        # A slider must not wait with the cell that made the lab.
        pressed_anywhere(self._widget.comm)
        self._widget.on_msg(lambda widget, content, buffers: said(content))
        self._lock = threading.Lock()

    def tell(self, **settings: Any) -> None:
        """Change what a page knows from the beginning."""
        with suppress(Exception):
            self._widget.settings = {**self._widget.settings, **settings}

    def send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
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
