"""The rooms of a command: selection, passwords, connections, outcomes."""
