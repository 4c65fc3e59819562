"""What speaks for or against a contact still being right, and what others propose to change."""
