"""Whom the room knows: its own entries and those of a global directory."""
