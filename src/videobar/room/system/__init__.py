"""The system as a whole: what it is, what time it thinks it is, how its parts are."""
