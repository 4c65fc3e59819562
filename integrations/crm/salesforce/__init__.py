"""Salesforce: signing in, reading, writing, and the package of fields."""
