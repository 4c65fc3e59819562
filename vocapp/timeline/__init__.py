"""Everything known about an account or a person, in time order."""
