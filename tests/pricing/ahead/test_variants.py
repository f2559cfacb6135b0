from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from support.talks import DAY

from rtnb.errors import ConfigError
from rtnb.pricing.ahead.variants import Variant, WhatIf, percent
from rtnb.pricing.bills.billing import cost
from rtnb.tokens import TokenUsage


def variant(name: str, usd: str | None, loss: float, refused: int = 0) -> Variant:
    one = cost(TokenUsage(input_text=1_000_000), "gpt-realtime" if usd else "nobody", DAY)
    return Variant(name, "m", DAY, None, one * Decimal(usd or 1), loss, 10, refused)


def test_cheapest_and_pareto() -> None:
    found = WhatIf(
        variant("actual", "10", 0.0),
        (
            variant("plain", "9", 0.0),
            variant("half", "5", 0.5),
            variant("worse", "6", 0.6),
            variant("dear", "7", 0.5),
            variant("free", None, 0.0),
            variant("refuses", "1", 0.0, refused=3),
            variant("most", "2", 0.9),
        ),
    )
    assert found.cheapest().name == "most"
    assert found.cheapest(0.5).name == "half"
    assert found.cheapest(0.49).name == "plain"
    assert found.cheapest(0).name == "plain"
    assert [each.name for each in found.pareto()] == ["most", "half", "plain"]
    rows = found.records()
    assert [row["variant"] for row in rows][:2] == ["actual", "plain"]
    assert rows[1]["change"] == pytest.approx(-0.1)
    free = next(row for row in rows if row["variant"] == "free")
    assert (free["usd"], free["change"]) == (None, None)
    assert len(found.to_frame()) == 8


def test_nothing_loses_so_little() -> None:
    found = WhatIf(variant("actual", "1", 0.0), (variant("a", "1", 0.4), variant("b", "2", 0.3)))
    with pytest.raises(ConfigError, match=r"at most 10 % .* the least is 30 % \(b\)"):
        found.cheapest(0.1)
    with pytest.raises(ConfigError, match="has a price"):
        WhatIf(found.actual, (variant("a", None, 0.0),)).cheapest()
    for share in (-0.1, 20, float("nan"), "0.2", True):
        with pytest.raises(ConfigError, match="share from 0 to 1"):
            found.cheapest(share)  # type: ignore[arg-type]


def test_a_variant_is_priced_where_only_its_transcription_is_not() -> None:
    found = variant("a", "1", 0.0)
    unheard = cost(TokenUsage(input_audio=5), "my-ears", DAY)
    heard = [line for line in unheard.lines if line.unit_price is None]
    assert heard
    apart = replace(unheard, lines=tuple(replace(line, kind="transcription") for line in heard))
    assert replace(found, cost=found.cost + apart).priced
    assert not replace(found, cost=found.cost + unheard).priced


def test_shares_in_words() -> None:
    assert [percent(share) for share in (0, 0.005, 0.2, 1)] == ["0 %", "0.5 %", "20 %", "100 %"]


def test_the_loss_that_was_asked_for_is_kept() -> None:
    found = WhatIf(
        variant("actual", "10", 0.0), (variant("most", "2", 0.9), variant("plain", "9", 0.0)), None, (), max_loss=0.1
    )
    assert found.cheapest().name == found.best.name == "plain"
    assert found.cheapest(1).name == "most"
    assert replace(found, max_loss=1.0).best.name == "most"


def test_what_has_no_price_has_a_column() -> None:
    ears = cost(TokenUsage(input_audio=5), "my-ears", DAY)
    ears = replace(ears, lines=tuple(replace(line, kind="transcription", label="transcription") for line in ears.lines))
    deaf = replace(variant("a", "1", 0.0), cost=variant("a", "1", 0.0).cost + ears)
    found = WhatIf(variant("actual", "10", 0.0), (deaf, variant("free", None, 0.0)))
    assert [row["unpriced"] for row in found.records()] == ["", "transcription", "text input"]
    assert found.records()[1]["usd"] == 4.0


def test_one_variant_shows_its_cost() -> None:
    actual = variant("as recorded", "1.25", 0.0)
    assert repr(WhatIf(actual, (variant("m2", "0.5", 0.0),))) == "WhatIf($5.00 as recorded; m2: $2.00)"
    assert repr(WhatIf(actual, (variant("m2", None, 0.0),))) == "WhatIf($5.00 as recorded; m2: unpriced)"
    refusing = variant("m2", "0.5", 0.0, refused=3)
    assert repr(WhatIf(actual, (refusing,))) == "WhatIf($5.00 as recorded; m2: $2.00, 3 refused)"
    assert repr(WhatIf(actual, (refusing, refusing))) == "WhatIf($5.00 as recorded, 2 variants)"
