"""Audio codecs, and the packet-loss concealment of those that bring none."""
