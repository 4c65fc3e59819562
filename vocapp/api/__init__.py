"""The JSON interface for programs: tokens, the rules every request follows, and the resources."""
