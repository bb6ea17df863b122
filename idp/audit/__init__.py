"""The vocabulary of audit events."""
