"""Syntax of SIP messages (RFC 3261 section 7 and 25): URIs, header fields, bodies, and the framing of streams."""
