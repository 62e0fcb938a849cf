"""Directory: the room's own entries and those of a global directory."""
