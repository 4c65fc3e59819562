"""The footprint over time and across a portfolio: snapshots, gaps, findings, and how CSMs close them."""
