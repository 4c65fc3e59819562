"""When are two contacts the same person? Pure judgements."""

from datetime import timedelta

# A configurable choice: long enough to notice a mistake, short enough that both have not lived on apart.
UNMERGE_WITHIN = timedelta(days=30)
