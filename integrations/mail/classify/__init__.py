"""Judging mail that comes in: bounce, complaint, automatic reply or a person's words; nothing is changed."""
