"""Messages on their way out: one row each, its delivery, and who must not be written to."""
