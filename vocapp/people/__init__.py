"""The people map of an account, and the page of a person."""
