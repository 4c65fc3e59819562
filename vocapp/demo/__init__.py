"""A believable company, seeded and deterministic."""
