"""Store of saved content."""
