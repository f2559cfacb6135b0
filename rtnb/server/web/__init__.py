"""The network's side: one port for WebSocket and HTTP, guarded.

::

    app.py     routes                             outbox.py    events on their way to a client
"""
