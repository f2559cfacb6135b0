"""The local detector, fitted to what a server was seen to do."""
