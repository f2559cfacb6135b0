from __future__ import annotations

from pathlib import Path

import pytest

from rtnb.errors import ConfigError
from rtnb.pricing.bills.ledger import HasLedger, Ledger, ledger_of, ledgers_of


class Holder:
    """Something with a ledger, which can be iterated as a session's turns might be."""

    def __init__(self, name: str) -> None:
        self.asked = 0
        self._name = name

    @property
    def ledger(self) -> Ledger:
        self.asked += 1
        return Ledger(name=self._name)

    def __iter__(self) -> object:
        raise AssertionError("it is one source, not a list of them")


def test_a_ledger_is_a_source_itself() -> None:
    one = Ledger(name="one")
    assert ledger_of(one) is one
    assert isinstance(one, HasLedger)


def test_a_ledger_is_made_once() -> None:
    holder = Holder("talk")
    assert ledger_of(holder).name == "talk"
    assert holder.asked == 1
    assert ledgers_of([holder])[0].name == "talk"
    assert holder.asked == 2


def test_sources_may_be_lists_of_sources() -> None:
    a, b, c = Ledger(name="a"), Ledger(name="b"), Holder("c")
    assert [found.name for found in ledgers_of([a, [b, (c,)], iter([a])])] == ["a", "b", "c", "a"]
    assert ledgers_of([]) == []


@pytest.mark.parametrize("wrong", ["talk.rtnb", Path("talk.rtnb"), None, 5, {"ledger": 1}, ["talk.rtnb"], [[5]]])
def test_what_has_no_ledger_is_refused_with_a_way_out(wrong: object) -> None:
    with pytest.raises(ConfigError, match=r"rtnb\.replay"):
        ledgers_of([wrong])  # type: ignore[list-item]


def test_an_attribute_of_that_name_alone_is_not_enough() -> None:
    class Impostor:
        ledger = "a book"

    with pytest.raises(ConfigError, match="session or a recording"):
        ledger_of(Impostor())  # type: ignore[arg-type]
