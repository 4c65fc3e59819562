"""HubSpot as a customer relationship system: companies, contacts, deals and owners over its v3 API."""
