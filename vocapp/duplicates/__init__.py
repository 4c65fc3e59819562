"""The same person twice: found, merged with a preview, and taken apart again within 30 days."""
