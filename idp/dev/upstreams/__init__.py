"""Simulated Google, Facebook and X with their quirks, for the playground and the tests; never in production."""
