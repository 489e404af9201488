"""What one privileged operation costs through rootwrap, its daemon and privsep, measured on the machine it runs on."""
