"""The commands of `vocapp`, one module per feature."""
