"""videobar: an open video room system behind the REST API of Poly G7500 and Studio X systems."""
