"""What root can be had for through a program: a table, maintained by hand, of the argv and where it is documented."""
