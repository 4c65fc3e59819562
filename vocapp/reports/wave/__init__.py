"""The wave report: whom a wave asked, who answered, whether they speak for the others, and what they said."""
