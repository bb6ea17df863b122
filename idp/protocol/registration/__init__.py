"""Registration: what a client may be, and applications that register themselves."""
