"""Commands for many rooms: one row each, saved rooms, changes as they happen, figures for Prometheus."""
