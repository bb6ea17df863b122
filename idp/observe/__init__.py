"""Logs, metrics and traces; one request id everywhere."""
