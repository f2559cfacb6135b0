"""The event log, and what is written of it: the journal while a session runs, recordings, replay."""
