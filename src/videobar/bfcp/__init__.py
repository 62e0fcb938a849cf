"""Binary Floor Control Protocol (RFC 8855, which replaced RFC 4582): who may show content in a call.

Knows nothing of SIP or rooms. `message` is what is said, `association` makes sure that it is heard once,
`client` asks for the one floor of a call, `server` gives it, and `transport` carries it by UDP or TCP.
"""
