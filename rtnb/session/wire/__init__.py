"""Endpoints, the socket, one connection, and the thread that carries them: the only I/O of a session."""
