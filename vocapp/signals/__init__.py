"""Know: what other systems tell of an account, each with its moment: cases, usage, invoices, meetings."""
