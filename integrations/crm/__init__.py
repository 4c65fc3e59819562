"""Customer relationship systems: one protocol, several adapters."""
