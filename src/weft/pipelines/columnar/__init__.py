"""Many rows at once: proven good by a grammar over whole columns, the rest judged row by row. Never a verdict of its own."""
