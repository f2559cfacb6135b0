"""What one does with a session: an idea a module, each working on the session's core."""
