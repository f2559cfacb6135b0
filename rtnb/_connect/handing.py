"""A session handed to a browser, by the word that names its endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from rtnb._connect.places import place_of
from rtnb.session.config.keywords import DEFAULT_MODEL
from rtnb.session.config.spelled import Settings, spelled
from rtnb.session.live import notice
from rtnb.session.wire.client_secret import ClientSecret
from rtnb.session.wire.client_secret import client_secret as mint

if TYPE_CHECKING:
    from collections.abc import Callable

    from rtnb.server.brains import Brain
    from rtnb.server.local import LocalServer

__all__ = ["client_secret"]


@spelled(Settings)
def client_secret(
    endpoint: str | None = None,
    *,
    model: str | None = None,
    expires_s: int = 600,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    brain: Brain | Callable[..., Any] | str | None = None,
    server: LocalServer | None = None,
    **settings: Unpack[Settings],
) -> ClientSecret:
    """A short-lived key for handing a session to a browser.

    Whoever has it can open one session with these settings, and nothing else; your own key stays where it is.

    Parameters
    ----------
    endpoint, key, headers, brain, server
        As for :func:`connect`. A secret of the embedded server is good as long as a session of this process is open
        whose server is set up alike.
    model : str, optional
        Of the session; the default model of :func:`connect` if not given.
    expires_s : int
        Seconds in which a session can be opened with it, 10 to 7200.
    **settings
        Settings of the session, as for :func:`connect`.

    Returns
    -------
    ClientSecret
        ``value`` gives it; it is in no repr.

    Raises
    ------
    ConfigError
        A setting that cannot be used, no key.
    UnreachableError, RefusedError, ApiError
        There is no server, or it refuses.

    Examples
    --------
    >>> import rtnb
    >>> with rtnb.connect() as s:                     # keeps the embedded server running
    ...     secret = rtnb.client_secret(instructions="Be brief.")
    >>> secret.value.startswith("ek_"), secret.value in repr(secret)
    (True, False)
    """
    place = place_of(endpoint, key, headers, settings, brain=brain, server=server)
    try:
        found = place.open()
        for text in found.notes:
            notice(text)
        return mint(found, model=model or DEFAULT_MODEL, expires_s=expires_s, settings=settings)
    finally:
        place.close()
