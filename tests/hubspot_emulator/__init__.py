"""A HubSpot account on loopback: what the documentation of its v3 API says, and nothing beyond."""
