"""What every feature stands on: settings, database, jobs, clock, tokens, errors, web basics."""
