"""iCalendar (RFC 5545), as senders really write it."""
