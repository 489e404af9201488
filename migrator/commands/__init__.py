"""One module for each subcommand; only these print and write."""
