"""A data mesh in one command: import this package for the public face, and nothing heavy loads until it is used."""
