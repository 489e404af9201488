"""What still ties a project to rootwrap, and the edits that cut the ties."""
