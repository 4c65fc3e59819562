"""The portfolio review: all accounts of a reader, what moved, who is silent, and whom to talk about."""
