"""What leaves the house later: written to the outbox with the change that caused it, carried by workers."""
