"""The ends of sessions, as relying parties ask for and hear of them."""
