"""Immutable snapshots of a conversation, made on the loop thread and handed to whoever draws."""
