"""Tokens: how many, of which modality, and which of them come from the cache. Pure."""

from rtnb.tokens.usage import TokenUsage

__all__ = ["TokenUsage"]
