"""Act: renewals and how they ended."""
