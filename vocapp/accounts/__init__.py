"""Know: accounts, contacts, personas, tiers, tier profiles, footprint, import and export."""
