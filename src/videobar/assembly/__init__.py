"""How the parts of a room are made from its settings, a file for each kind of part; `room` puts them together."""
