"""Scans and outcomes to text, tables, JSON and the baseline."""
