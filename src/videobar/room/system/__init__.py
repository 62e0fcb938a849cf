"""The system as a whole: its identity, time and health."""
