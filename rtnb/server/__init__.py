"""The embedded server: the Realtime API on loopback, with real ears and a real voice.

It never imports :mod:`rtnb.session`: client and server meet over a socket, as strangers would.
"""

from rtnb.server.embedded import EmbeddedServer, serve
from rtnb.server.options import Limits, Options

__all__ = ["EmbeddedServer", "Limits", "Options", "serve"]
