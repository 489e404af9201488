"""What the old call ran, against what the privileged function runs through a real privsep daemon."""
