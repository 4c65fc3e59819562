"""The book of a CSM: their accounts, what they do about them, what comes next and what was won."""
