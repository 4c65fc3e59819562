"""The account benchmark: where one relationship stands, against whom, and what comes next."""
