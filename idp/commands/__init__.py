"""Operator commands. Data goes to standard output, words to standard error; heavy libraries load inside commands."""
