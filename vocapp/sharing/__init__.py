"""Show: reports that go out by themselves, to people inside and, once approved, to customers."""
