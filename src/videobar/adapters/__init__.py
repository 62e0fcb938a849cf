"""HOW THE ROOM TOUCHES THE WORLD: one file per technology, grouped by port."""
