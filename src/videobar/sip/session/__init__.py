"""Sessions and dialogs (RFC 3261 sections 12 to 15): the UAC and UAS of INVITE, and requests that they send."""
