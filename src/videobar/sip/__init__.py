"""A SIP user agent (RFC 3261) that knows no rooms: signalling only, on one asyncio loop, in one thread.

Its layers, each of which imports only those below it: `user_agent`, `registration`, `session`, `transaction`,
`transport`, and `syntax`. Only `transport` does I/O. `sdp`, session descriptions and their negotiation, stands beside
them and knows no SIP.
"""
