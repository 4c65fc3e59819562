"""A stateful Salesforce org on loopback, for tests and for trying the sync without an org."""
