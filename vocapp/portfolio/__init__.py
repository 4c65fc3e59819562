"""Show: the board, the account page, the bubble chart."""
