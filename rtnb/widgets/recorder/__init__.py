"""A microphone without a session."""
