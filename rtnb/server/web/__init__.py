"""The network's side: one port for WebSocket and HTTP, guarded.

::

    app.py         routes                            transport.py   uvicorn's protocols, bounded
    guard.py       foreign pages and names           limits.py      events a second, sessions at once
    keys.py        who may in                        secrets.py     client secrets (ek_)
    admission.py   what a connection is for          models.py      names of models
    connection.py  one socket                        outbox.py      events on their way to a client
    frames.py      frames as events, within bounds   running.py     uvicorn set up; the end of a server
    rest.py        the REST half                     minting.py     client secrets for the asking
    bodies.py      requests and answers              refusals.py    the sentences of refusals

What a client sees at the end of a connection is an ``error`` event, then a close whose reason says the same:

===================================  =====  ==============================================
when                                 code   reason
===================================  =====  ==============================================
a wrong key, or none                 3000   ``invalid_request_error[.invalid_api_key]``
a missing or wrong model             4000   ``invalid_request_error.missing_model`` ...
the beta shape, where it is refused  4000   ``invalid_request_error.beta_api_shape_disabled``
translations and calls               4000   ``invalid_request_error.not_implemented``
a secret's settings do not hold      4000   type and code of what is wrong with them
too many sessions                    4000   ``rate_limit_error.session_limit_exceeded``
the session's time is over           1001   the sentence of the error, ``session_expired``
nothing came for long                1001   the sentence of the error, ``session_idle``
the server itself failed             1011   ``server_error``
===================================  =====  ==============================================

A response that runs when the session's time is over, or when the server stops, ends before: with its closing events
and ``response.done``, cancelled. What a client may send is bounded, and an ``error`` event answers what is more:

==========================================================  ==========================
what                                                        code
==========================================================  ==========================
more events a second than ``Limits.events_a_second``        ``rate_limit_exceeded``
more bytes a second than ``Limits.bytes_a_second``          ``rate_limit_exceeded``
an event of more than 100,000 JSON values                   ``too_many_values``
an event that brings items, of more than 28 MiB             ``event_too_large``
another of more than 1 MiB that is no append of audio       ``event_too_large``
==========================================================  ==========================

Without an ``error`` event: 1001 when the server stops, 1007 for text that is not UTF-8, 1009 for a frame of more
than 32 MiB, 1002 for what is no WebSocket, 1011 for a client that answers no ping; and no close at all for one that
does not take what it is sent. With HTTP status 503 in place of the handshake: one connection too many, and any while
the server drains (``Options.drain_s``).
"""
