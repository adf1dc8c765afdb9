"""Kinetoscope: an open, self-hosted video platform behind one HTTP API."""
