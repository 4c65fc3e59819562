"""Understand: cohort figures given to other companies and taken from them, signed, and never about few."""
