"""What rootwrap admits: a project's filters, read as oslo.rootwrap reads them."""
