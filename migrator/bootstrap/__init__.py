"""How the privsep daemons of a project are started as root: the lines to write, and whether those that are there do."""
