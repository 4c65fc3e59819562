"""Does silence come before leaving? Churn after a wave, on the own data."""
