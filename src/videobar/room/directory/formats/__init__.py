"""The formats in which entries come as a file; only functions from bytes to entries and back."""
