"""The tree of commands: their words, arguments, parser, completion and reference page."""
