"""Clients: what is known of one, and how one shows who it is."""
