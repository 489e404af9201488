"""What the target's own unit tests expect of its root calls, and how that changes with a rewrite."""
