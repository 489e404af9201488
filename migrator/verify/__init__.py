"""Verdicts: rules beside the commands they replace, rewritten projects beside what they were."""
