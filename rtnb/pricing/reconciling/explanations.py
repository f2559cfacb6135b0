"""What may lie behind the difference between recordings and an export, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from rtnb.pricing.bills.money import format_usd
from rtnb.pricing.reconciling.differences import COUNTS, Key, Side, close, difference, only_local

__all__ = ["explain"]


def explain(
    key: Key,
    recorded: Mapping[Key, Side],
    exported: Mapping[Key, Side],
    *,
    span: tuple[date, date] | None,
    foreign: Mapping[Key, str] | None = None,
    usd: Decimal | None = None,
) -> tuple[str, ...]:
    """What may lie behind a difference, likeliest first.

    Parameters
    ----------
    key : Key
        The day and model.
    recorded, exported : mapping of Key to Side
        All of both sides: what one day lacks the next may have.
    span : tuple of datetime.date or None
        First and last day of the export.
    foreign : mapping of Key to str, optional
        What the export has in another currency than USD only, and which.
    usd : decimal.Decimal, optional
        The difference in USD, where it can be told: see :func:`difference_usd`.

    Examples
    --------
    >>> key = (date(2026, 1, 31), "gpt-realtime")
    >>> explain(key, {key: Side(requests=2, silent=1)}, {key: Side(requests=3)}, span=None)
    ('1 response recorded without usage may have been billed all the same. They are as many as the export has more.',)
    """
    here, there = recorded.get(key), exported.get(key)
    why = [*_boundary(key, recorded, exported), *_counted(here, there, usd)]
    if here is None:
        count = "" if there is None or there.requests is None else f"{_requests(there.requests)}: "
        why.append(f"{count}no recording is of this day and model; what made them was not recorded, or not given.")
    elif there is None:
        why += _unexported(key, here, span, (foreign or {}).get(key, ""))
    else:
        why += _requests_differ(here, there)
        why += _tokens_differ(here, there)
        why += _amounts_differ(here, there)
    if there is not None and there.tiers:
        why.append(f"Part of the export is of the tier {', '.join(map(repr, there.tiers))}, which has other prices.")
    return tuple(why)


def _counted(here: Side | None, there: Side | None, usd: Decimal | None) -> list[str]:
    """How large the difference is, where the export does not say it in USD itself."""
    if here is None or there is None or here.requests is None or there.requests is None or not usd:
        return []
    if there.usd is not None and here.requests == there.requests:
        return []
    side = "more" if usd > 0 else "less"
    return [
        f"{there.requests:,} exported against {_requests(here.requests)} recorded: about {format_usd(abs(usd))} {side} "
        "in the export."
    ]


def _boundary(key: Key, recorded: Mapping[Key, Side], exported: Mapping[Key, Side]) -> list[str]:
    day, model = key
    here = difference(recorded.get(key), exported.get(key))
    for other in (day - timedelta(days=1), day + timedelta(days=1)):
        there = difference(recorded.get((other, model)), exported.get((other, model)))
        if here and there == {name: -value for name, value in here.items()}:
            return [
                f"{other} has the same difference the other way round: the days were cut at another hour than UTC's."
            ]
    return []


def _unexported(key: Key, here: Side, span: tuple[date, date] | None, currency: str) -> list[str]:
    if currency:
        return [f"The export has it in {currency} only, and only USD is compared."]
    if here.requests == 0:
        return [f"{_requests(here.silent)} without usage, failed or cancelled: it seems that nothing was billed."]
    if only_local(here):
        return ["A server on this machine answered, such as the embedded one: it bills nobody."]
    if span and not span[0] <= key[0] <= span[1]:
        return [f"The export covers {span[0]} to {span[1]} only."]
    local = [f"{_requests(here.local)} went to a server on this machine, which bills nobody."] if here.local else []
    return [*local, "Not in the export: made with another key, project or organisation than it covers, perhaps."]


def _requests_differ(here: Side, there: Side) -> list[str]:
    if here.requests is None or there.requests is None:
        return []
    more = there.requests - here.requests
    why = []
    if here.silent and more > 0:
        all_of_it = " They are as many as the export has more." if more == here.silent else ""
        why.append(f"{_requests(here.silent)} recorded without usage may have been billed all the same.{all_of_it}")
    if more > here.silent:
        why.append(f"The export has {_requests(more)} more: sessions that were not recorded, or are not given here.")
    elif more < 0:
        local = f" {_requests(here.local)} went to a server on this machine, which bills nobody." if here.local else ""
        other = "" if here.local >= -more else " Some were made with a key or project that the export does not cover."
        why.append(f"The recordings have {_requests(-more)} more.{local}{other}")
    return why


def _tokens_differ(here: Side, there: Side) -> list[str]:
    if here.usage is None or there.usage is None:
        return []
    found = difference(here, there)
    tokens = {name: value for name, value in found.items() if name != "requests"}
    if not tokens:
        return []
    listed = ", ".join(f"{value:+,} {COUNTS[name]}" for name, value in tokens.items())
    why = [f"The export against the recordings, in tokens: {listed}."]
    if all(name.startswith("cached") for name in tokens):
        why.append("Only the cached part differs: the export counts or splits cached tokens in another way.")
    elif here.usage.total_tokens == there.usage.total_tokens:
        why.append("The sums agree: the export splits them by modality in another way.")
    elif "requests" not in found and here.requests is not None and there.requests is not None:
        why.append("As many requests, other counts: they are not all the same ones, or a recording was cut short.")
    return why


def _amounts_differ(here: Side, there: Side) -> list[str]:
    if there.usd is None:
        return []
    if here.usd is None:
        return ["The recordings cannot be priced: see rtnb.pricing.meter for the reason."]
    if close(here.usd, there.usd):
        return []
    why = f"The export charges {format_usd(there.usd)}, the price table makes it {format_usd(here.usd)}"
    if here.usage is not None and here.usage == there.usage:
        return [f"{why} for the same tokens: a contract price (rtnb.pricing.book), a credit, or a price that changed."]
    return [f"{why}."]


def _requests(count: int) -> str:
    return "1 response" if count == 1 else f"{count:,} responses"
