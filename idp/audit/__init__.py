"""The vocabulary of the audit log."""
