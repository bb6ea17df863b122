"""Attacks across the features: a client, a person or a stranger who uses one to get round another."""
