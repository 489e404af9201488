"""How far a project's privileged operations have come up the ladder: operations, totals, comparison, history."""
