"""Understand: who takes part in conversations we start."""
