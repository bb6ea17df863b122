"""What a sign-in costs: `python -m bench`."""
