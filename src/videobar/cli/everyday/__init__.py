"""The everyday verbs, in terms of the actions of the contract."""
