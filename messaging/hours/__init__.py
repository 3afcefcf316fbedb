"""When a company is open, and when people are left in peace."""
