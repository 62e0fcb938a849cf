"""Composition of a room from its settings, a file for each kind of part; `room` puts them together."""
