"""Outcomes to edits and new text."""
