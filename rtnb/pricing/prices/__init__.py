"""Dated prices: the rows, which of them holds, rows of your own in their place, the list and its history."""
