"""What a browser page shows and says: one anywidget, behind three verbs, so that the rest knows none of it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from rtnb._display import Bundle
from rtnb.session.live import pressed_anywhere
from rtnb.widgets.assets import microphone_css, microphone_esm
from rtnb.widgets.extras import needed

__all__ = ["Page"]

Said = Callable[[Mapping[str, Any], list[bytes]], None]


@functools.cache
def _microphone_widget() -> Any:
    needed("ipywidgets", "The microphone")
    base: Any = needed("anywidget", "The microphone").AnyWidget
    import traitlets

    class MicrophoneWidget(base):  # type: ignore[misc]
        """State in one small trait; sound only in buffers of messages."""

        _esm = microphone_esm()
        _css = microphone_css()
        settings = traitlets.Dict().tag(sync=True)

    return MicrophoneWidget


class Page:
    """A microphone as pages see it; every verb may be called from any thread.

    Parameters
    ----------
    settings : mapping
        What the page is to know; small, it is synchronised.
    said : callable
        Called with each message of a page and its buffers, on whatever thread the kernel has for it.

    Raises
    ------
    MissingExtraError
        ipywidgets or anywidget is not installed.
    """

    def __init__(self, settings: Mapping[str, Any], said: Said) -> None:
        self._widget = _microphone_widget()(settings=dict(settings))
        # Its frames would wait with the cell that made it.
        pressed_anywhere(self._widget.comm)
        self._widget.on_msg(lambda widget, content, buffers: said(content, [bytes(each) for each in buffers or ()]))

    @property
    def settings(self) -> Mapping[str, Any]:
        """What the page knows."""
        found: Mapping[str, Any] = self._widget.settings
        return found

    def tell(self, **settings: Any) -> None:
        """Change what the page knows."""
        self._widget.settings = {**self._widget.settings, **settings}

    def send(self, content: Mapping[str, Any], buffers: list[bytes]) -> None:
        """A message to every page that shows it."""
        self._widget.send(dict(content), buffers=buffers or None)

    def bundle(self) -> Bundle:
        """The view, for a notebook that is open."""
        data, *_ = self._widget._repr_mimebundle_()
        return {key: value for key, value in data.items() if key != "text/plain"}

    def close(self) -> None:
        """The pages forget it."""
        self._widget.close()
