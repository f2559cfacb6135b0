"""Tokens: how many, of which modality, and which of them the prompt cache holds. Pure.

One owner for what the embedded server reports, what a budget expects and what a projection assumes.
"""

from rtnb.tokens.cache import CACHE_GRAIN_TOKENS, Segment, cached_prefix
from rtnb.tokens.context import Fit, KeepLast, Summarise, Truncation, conversation_limit, fit, input_limit
from rtnb.tokens.counting import (
    ASSISTANT_AUDIO_MS_PER_TOKEN,
    IMAGE_TOKENS,
    ITEM_OVERHEAD_TOKENS,
    USER_AUDIO_MS_PER_TOKEN,
    ModalityCount,
    assistant_audio_tokens,
    item_tokens,
    settings_tokens,
    user_audio_tokens,
)
from rtnb.tokens.estimate import estimate_text
from rtnb.tokens.simulation import Simulated, Step, simulate
from rtnb.tokens.text import count_text, counts_exactly
from rtnb.tokens.usage import TokenUsage

__all__ = [
    "ASSISTANT_AUDIO_MS_PER_TOKEN",
    "CACHE_GRAIN_TOKENS",
    "IMAGE_TOKENS",
    "ITEM_OVERHEAD_TOKENS",
    "USER_AUDIO_MS_PER_TOKEN",
    "Fit",
    "KeepLast",
    "ModalityCount",
    "Segment",
    "Simulated",
    "Step",
    "Summarise",
    "TokenUsage",
    "Truncation",
    "assistant_audio_tokens",
    "cached_prefix",
    "conversation_limit",
    "count_text",
    "counts_exactly",
    "estimate_text",
    "fit",
    "input_limit",
    "item_tokens",
    "settings_tokens",
    "simulate",
    "user_audio_tokens",
]
