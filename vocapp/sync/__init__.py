"""Show: contacts and scores in the systems where people work, both ways."""
