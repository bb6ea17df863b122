"""Tokens: what is made, bound, presented, looked up and ended."""
