"""Our own verbs on tables: bronze, silver, quarantine, exactly-once commits. Never a vendor's SQL."""
