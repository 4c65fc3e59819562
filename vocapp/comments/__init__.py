"""What customers write: found by word and theme, told against revenue and personas, checked by hand."""
