from __future__ import annotations

import json
import subprocess
from datetime import date
from pathlib import Path

import pytest
from support.require import require_command

import rtnb
from rtnb.plots.stills.context import Context, context_of
from rtnb.pricing.bills.ledger import Exchange, Ledger
from rtnb.tokens import ModalityCount, TokenUsage


def _ledger(model: str) -> Ledger:
    usage = TokenUsage(input_text=3000, output_text=200)
    one = Exchange(response_id="r", turn=0, at_s=1.0, on=date(2026, 1, 31), model=model, usage=usage,
                   made=ModalityCount(200), kept=ModalityCount(200))  # fmt: skip
    return Ledger(model=model, on=one.on, exchanges=(one,))


def test_the_answer_counts_as_it_will_be_given_back() -> None:
    found = context_of(_ledger("gpt-realtime"))
    assert found == Context(3200, 32_000)
    assert found.share == 0.1
    assert not found.near


def test_a_model_nobody_knows_has_no_share() -> None:
    found = context_of(_ledger("my-own-model"))
    assert found is not None
    assert found.share is None
    assert found.text == "3,200 tokens of context"


def test_words_of_small_and_full_windows() -> None:
    assert Context(40, 32_000).text == "under 1 % of 32k context"
    assert Context(0, 32_000).text == "0 % of 32k context"
    assert Context(30_000, 32_000).near
    assert Context(500, 8_192).text == "6 % of 8,192 context"


@pytest.mark.parametrize("used", [0, 1, 12, 159, 160, 3_840, 26_000, 40_000])
@pytest.mark.parametrize("window", [4_096, 32_000, 128_000, 131_072])
def test_the_picture_says_it_as_the_live_console_does(used: int, window: int, live: dict[str, str]) -> None:
    assert Context(used, window).text == live[f"{used}/{window}"]


@pytest.fixture(scope="module")
def live() -> dict[str, str]:
    node = require_command("node")
    page = Path(rtnb.__file__).parent / "widgets" / "static" / "console_text.mjs"
    program = f"""
    import {{ contextOf }} from {json.dumps(page.as_uri())};
    const told = {{}};
    for (const used of [0, 1, 12, 159, 160, 3840, 26000, 40000])
      for (const window of [4096, 32000, 128000, 131072]) told[`${{used}}/${{window}}`] = contextOf(used, window).text;
    console.log(JSON.stringify(told));
    """
    done = subprocess.run([node, "--input-type=module", "-e", program], capture_output=True, text=True, check=True)
    told: dict[str, str] = json.loads(done.stdout)
    return told
