"""LimeSurvey's survey structures: `.lss` and tab-separated files, read into plain records."""
