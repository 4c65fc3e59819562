"""The right people to ask: confirmed by the CSM before a wave, and by the champion on a page of their own."""
