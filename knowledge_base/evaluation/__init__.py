"""Measures and tunes the knowledge base: scripts that are run by hand, never by the server."""
