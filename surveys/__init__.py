"""The survey and measurement engine: pure functions on plain values, usable without the product."""
