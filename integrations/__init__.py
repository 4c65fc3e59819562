"""The outside world: adapters that speak plain records and know no web framework, no database, no product."""
