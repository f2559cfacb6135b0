from __future__ import annotations

import pytest

from rtnb.pricing.ahead.assumptions import MISSING_MANUAL
from rtnb.pricing.ahead.projection import project
from rtnb.pricing.ahead.talktime import talk_time_table

LAUNCH = "gpt-4o-realtime-preview-2024-10-01"
THEN = "2024-11-21"
MINUTES = (1, 2, 5, 10, 15)
DAY = "2026-01-31"


@pytest.mark.parametrize(("minutes", "cents"), [(1, 11), (2, 26), (5, 92), (10, 268), (15, 528)])
def test_the_printed_table_to_the_cent(minutes: int, cents: int) -> None:
    assert round(project(minutes, LAUNCH, on=THEN, assumptions=MISSING_MANUAL).total_usd * 100) == cents


@pytest.mark.parametrize(
    ("what", "model", "on", "usd"),
    [
        ("manual", LAUNCH, THEN, (0.110, 0.261, 0.917, 2.681, 5.285)),
        ("halved", LAUNCH, THEN, (0.140, 0.329, 1.123, 3.202, 6.226)),
        ("uncached", LAUNCH, THEN, (0.140, 0.448, 2.380, 8.960, 19.740)),
        ("manual", "gpt-realtime", "2026-01-31", (0.033, 0.070, 0.184, 0.387, 0.607)),
        ("manual", "gpt-realtime-2.1", "2026-11-21", (0.033, 0.070, 0.184, 0.387, 0.607)),
        ("halved", "gpt-realtime", "2026-01-31", (0.043, 0.091, 0.239, 0.501, 0.782)),
        ("manual", "gpt-4o-realtime-preview-2024-12-17", "2025-01-31", (0.042, 0.092, 0.266, 0.641, 1.120)),
        ("manual", "gpt-4o-mini-realtime-preview", "2025-01-31", (0.010, 0.022, 0.061, 0.135, 0.221)),
        ("manual", "gpt-realtime-mini", "2026-01-31", (0.010, 0.022, 0.061, 0.135, 0.221)),
        ("manual", "gpt-realtime-2.1-mini", "2026-11-21", (0.010, 0.022, 0.061, 0.135, 0.221)),
    ],
)
def test_variants_worked_out_by_hand(what: str, model: str, on: str, usd: tuple[float, ...]) -> None:
    """By the closed form, apart from this code, to a tenth of a cent."""
    changes = {"manual": {}, "halved": {"user_share": 0.5}, "uncached": {"cache_hit_rate": 0.0}}[what]
    assumptions = MISSING_MANUAL.changed(changes)
    found = [project(minutes, model, on=on, assumptions=assumptions).total_usd for minutes in MINUTES]
    assert found == pytest.approx(usd, abs=0.00075)


def test_the_table() -> None:
    table = talk_time_table(on="2026-11-21")
    assert table.minutes == MINUTES
    assert table.rows[0].usd == (0.11, 0.26, 0.92, 2.68, 5.28)
    assert table.rows[0].assumptions is None
    assert [round(usd, 2) for usd in table.rows[1].usd if usd] == list(table.rows[0].usd)
    assert list(dict.fromkeys(row.model for row in table.rows[4:])) == ["gpt-realtime-2.1", "gpt-realtime-2.1-mini"]
    assert "(11 % of it)" in table.notes[-1]
    frame = table.to_frame()
    assert list(frame.columns) == ["what", "model", "on", "1 min", "2 min", "5 min", "10 min", "15 min"]
    assert len(frame) == len(table.rows) == len(table.records())
    assert "8 rows" in repr(table)


def test_models_that_are_named() -> None:
    table = talk_time_table(["gpt-realtime", "gpt-realtime-mini"], "2026-01-31")
    assert [row.model for row in table.rows[4::2]] == ["gpt-realtime", "gpt-realtime-mini"]
    assert {str(row.on) for row in table.rows[4:]} == {"2026-01-31"}


def test_a_model_without_a_price_has_none() -> None:
    row = talk_time_table("my-own-model").rows[4]
    assert row.usd == (None,) * 5
    assert "No price is known for the model 'my-own-model'" in row.why
    # Nothing is compared with what has no price.
    assert len(talk_time_table("my-own-model").notes) == 2


def test_rows_of_prices_will_do() -> None:
    table = talk_time_table("gpt-realtime", DAY, prices={"model": "gpt-realtime", "discount": 0.5})
    whole = talk_time_table("gpt-realtime", DAY)
    assert table.rows[4].usd == pytest.approx([usd / 2 for usd in whole.rows[4].usd if usd])
