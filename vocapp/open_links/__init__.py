"""Listen: links that belong to nobody, for events and for other people's pages."""
