"""The process border: what starts, configures and calls the media process."""
