"""Adapters of the port that this folder is named for."""
