"""Tables of strangers: reading CSV and XLSX files that may be hostile, writing safe ones."""
