"""One call: what its two sides have agreed on."""
