"""Everything that can go wrong, each under a name."""
