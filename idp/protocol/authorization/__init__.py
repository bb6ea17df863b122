"""The authorization endpoint: what a request has to be, what the person must still do, and the answer."""
