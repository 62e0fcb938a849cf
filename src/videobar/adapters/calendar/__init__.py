"""Calendars: one file for each kind of server, and the process that reads what strangers wrote."""
