"""Prices and costs. Pure."""

from rtnb.pricing.cost import Cost

__all__ = ["Cost"]
