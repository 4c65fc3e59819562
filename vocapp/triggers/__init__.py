"""Listen: something happened at a customer, and the person it concerns is asked about it."""
