"""The commands of `filters`, on small projects."""
