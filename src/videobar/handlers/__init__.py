"""Handlers: the actions of the contract, carried out by the room; one file for each area."""
