"""Understand: where an account stands among others like it."""
