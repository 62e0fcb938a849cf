"""Mixing: what all calls share: mixed sound, composed pictures, content."""
