"""What would be spent: the next response, a talk to come, a recorded talk at other prices or under other policies."""
