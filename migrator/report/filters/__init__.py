"""What the commands of `filters` tell."""
