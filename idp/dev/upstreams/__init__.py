"""Simulated Google, Facebook, X and GitHub with their quirks, for the playground and the tests; never in production."""
