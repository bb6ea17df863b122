"""Proofs of what the accounts room promises, on both databases."""
