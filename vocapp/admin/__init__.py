"""Settings: company, users, tiers, tier profiles, personas."""
