"""Understand: sentiment, relationship strength, status and their history."""
