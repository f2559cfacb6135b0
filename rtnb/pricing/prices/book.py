"""Prices of your own: a contract, a discount, another vendor's model, in place of the carried prices."""

from __future__ import annotations

from collections.abc import Sequence

from rtnb.errors import ConfigError
from rtnb.pricing.prices.own import OwnPrices, read_own
from rtnb.pricing.prices.rates import RateBook, as_book, rate_book

__all__ = ["as_book", "book"]


def book(
    *own: OwnPrices,
    base: RateBook | None = None,
    discount: float | str | None = None,
    models: str | Sequence[str] = "*",
) -> RateBook:
    """A price book in which prices of your own replace the carried ones.

    Give it as ``prices=`` to whatever counts money. To use a file everywhere, name it in the environment variable
    ``RTNB_PRICES``.

    Parameters
    ----------
    *own : str, pathlib.Path, mapping or list of mapping
        JSON files, CSV files with the columns of ``rtnb prices --csv``, or rows; a later one overrides an earlier
        one. A row has

        - ``model`` or ``models``: names, also patterns such as ``"gpt-realtime-2*"``. An undated name stands for its
          dated snapshots too, unless another row names them.
        - ``prices``: by modality (``text``, ``audio``, ``image``; ``session`` for time), each with ``input``,
          ``cached`` and ``output`` in USD, or only a number for ``input``. A price that is left out is unpriced.
          One by the second of session may be for several: ``"0.05/60"``.
        - or ``discount`` instead: what comes off the prices that hold, 0.2 for 20 %.
        - if needed ``unit`` (``usd_per_1m_tokens`` if not given, ``usd_per_minute``, ``usd_per_session_second``),
          ``valid_from``, ``valid_to``, ``source``, ``note``, ``kind``, ``context_tokens``, ``max_input_tokens``,
          ``max_output_tokens``, ``shutdown``. Facts of the model that are left out stay the carried ones.

        On its days a row replaces the carried row of the same model; before and after, that still holds.
    base : RateBook, optional
        What is overridden; the default book if not given.
    discount : float or str, optional
        What comes off the prices of `base`, 0 to 1; prices in `own` are taken as they are.
    models : str or sequence of str, optional
        To which models `discount` applies, as patterns.

    Returns
    -------
    RateBook
        Rows of your own have the confidence ``"own"``.

    Raises
    ------
    ConfigError
        A file cannot be read, or a row cannot be used; the message names the row and the member. Or `models` are
        given without a `discount`.

    Examples
    --------
    >>> contract = book({"model": "gpt-realtime", "prices": {
    ...     "text": {"input": 4, "cached": "0.40", "output": 16},
    ...     "audio": {"input": 28, "cached": "0.35", "output": 56}}})
    >>> contract.at("gpt-realtime-2025-08-28", "2026-11-21").price("audio", "input")
    Decimal('28')
    >>> less = book(discount=0.25, models="gpt-realtime-2*")
    >>> less.at("gpt-realtime-2.1", "2026-11-21").price("audio", "output")
    Decimal('48')
    >>> local = book({"model": "my-asr", "unit": "usd_per_minute", "prices": {"audio": "0.002"}})
    >>> import rtnb
    >>> print(rtnb.pricing.transcription_cost({"seconds": 90}, "my-asr", prices=local))
    $0.0030
    """
    made = rate_book() if base is None else base
    if discount is None and models != "*":
        raise ConfigError("'models' says to which models a discount applies, and there is none; add discount=0.2.")
    if discount:
        patterns = [models] if isinstance(models, str) else list(models)
        made = made.overridden(read_own({"models": patterns, "discount": discount, "source": "your discount"}))
    for prices in own:
        made = made.overridden(read_own(prices))
    return made
