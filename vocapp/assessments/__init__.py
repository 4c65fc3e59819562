"""What the CSM thinks, on guided 1-5 forms: kept beside what customers say, never mixed with it."""
