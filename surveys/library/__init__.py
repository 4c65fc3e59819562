"""Ready-made surveys as JSON documents; surveys.catalog reads them."""
