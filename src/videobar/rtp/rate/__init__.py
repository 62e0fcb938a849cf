"""Rate of one stream: congestion control, pacing and retransmission."""
