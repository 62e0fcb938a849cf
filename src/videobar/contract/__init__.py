"""WHAT IS SAID: the actions of the API as typed, body-less methods, and the shapes they carry."""
