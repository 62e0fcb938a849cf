"""Transaction layer (RFC 3261 section 17): client and server transactions over the transport."""
