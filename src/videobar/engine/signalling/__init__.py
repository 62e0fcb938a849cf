"""The signalling side of calls."""
