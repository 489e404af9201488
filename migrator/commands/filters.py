"""Hold rootwrap's filters against the code: who needs which, what they grant, which can go."""

# The commands that it has are in filters_*.py.
