"""Show: the PDF reports."""
