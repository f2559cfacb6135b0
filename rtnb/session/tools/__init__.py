"""Tools: Python functions the model may call, MCP servers the API calls, and what becomes of both."""
