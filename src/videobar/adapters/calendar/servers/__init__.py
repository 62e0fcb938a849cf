"""Calendar providers, one file for each kind of server."""
