"""The conversation as a pure fold over recorded events, and what it needs: no I/O and no clock."""
