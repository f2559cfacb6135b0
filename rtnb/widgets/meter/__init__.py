"""Tokens and cost in a cell, as they grow."""
