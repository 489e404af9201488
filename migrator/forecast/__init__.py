"""What a migration saves at run time, and where privsep will hurt: from the plan, figures of bench, a log of calls."""
