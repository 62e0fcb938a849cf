"""Cameras: sources of pictures, where they look, what is remembered of that, and who is followed."""
