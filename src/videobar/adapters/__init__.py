"""Adapters: implementations of the room's ports, one file per technology, grouped by port."""
