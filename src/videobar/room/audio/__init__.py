"""Audio: volume, mute, microphones and levels."""
