"""Lanes over time in a cell."""
