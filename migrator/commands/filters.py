"""Hold rootwrap's filters against the code: who needs which, what they grant, which can go."""
