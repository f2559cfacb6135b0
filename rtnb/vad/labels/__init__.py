"""Labelled speech and the files that hold it."""
