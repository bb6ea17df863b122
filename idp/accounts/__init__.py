"""The people: credentials, browser sessions, recovery. Nothing here knows OAuth."""
