from __future__ import annotations

from rtnb.server import formats


def test_pcm16_at_the_only_rate_of_the_api() -> None:
    assert formats.RATE_HZ == 24000
    assert formats.BYTES_PER_MS * 1000 == formats.RATE_HZ * 2


def test_limits_the_api_documents() -> None:
    assert formats.MAX_APPEND_BYTES == 15 * 2**20
    assert formats.MIN_COMMIT_MS == 100
