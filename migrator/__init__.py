"""privmigrate moves OpenStack code from rootwrap to oslo.privsep, and proves it."""

__version__ = "0.1.0"
