"""What a user can set and say, and the wire forms it becomes."""
