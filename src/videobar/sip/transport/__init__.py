"""Transport layer (RFC 3261 section 18): UDP, TCP and TLS, and the location of servers (RFC 3263)."""
