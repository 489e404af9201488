"""Sites to outcomes: the form of a rule, loading, matching and planning."""
