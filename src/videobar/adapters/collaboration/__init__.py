"""Where saved content is kept."""
