"""Calls: conferences, connections and terminals, over whatever engine carries them."""
