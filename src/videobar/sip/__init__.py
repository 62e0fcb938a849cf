"""A SIP user agent (RFC 3261) that knows no rooms: signalling only, on one asyncio loop, in one thread.

Read it from the bottom: `uri` and `message` are the words, `transaction` repeats them until they are heard,
`dialog` remembers who is talking, `session` is a call, and `agent` is the door. Only `transport` does I/O.
Session descriptions (`sdp`) and their negotiation (`offer_answer`, with lines such as `rtp_line`) stand beside, and
know no SIP.
"""
