"""All SQL of the server: one module for each noun, its table and its verbs."""
