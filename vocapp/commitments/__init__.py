"""Listen: what we promised a customer, and what became of it."""
