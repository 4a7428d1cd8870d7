"""发放: runs of payments, packages for the bank, results, and paying again what failed."""
