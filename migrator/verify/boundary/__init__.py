"""Static checks of what stands at a project's privsep boundary; no code of the project runs in this process."""
