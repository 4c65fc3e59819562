"""Whether everything runs: the engine of background work, its parts, health and figures to watch."""
