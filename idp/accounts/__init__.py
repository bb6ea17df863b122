"""The people: addresses, passwords, browser sessions, and the limits against guessing. Knows no OAuth and no HTTP."""
