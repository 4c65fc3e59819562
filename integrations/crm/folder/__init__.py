"""A folder on disk as a customer relationship system: files somebody drops, and files they fetch."""
