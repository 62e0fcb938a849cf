"""Registrations (RFC 3261 section 10) of an account at its servers."""
