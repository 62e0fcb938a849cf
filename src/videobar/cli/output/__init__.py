"""Answers as tables, JSON and CSV; files that rooms send."""
