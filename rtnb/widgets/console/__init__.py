"""The whole conversation in a cell: see :class:`Console`."""
