"""The coverage report, one module for each form."""
