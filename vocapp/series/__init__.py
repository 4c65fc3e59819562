"""Campaigns: series of waves that a company asks with, one for each CSM, once or again and again."""
