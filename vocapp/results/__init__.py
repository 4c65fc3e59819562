"""Understand: what a wave or a survey came to, from the funnel to every word."""
