"""Commands that run on this host: rooms on it, their backups, its devices."""
