"""Tables and their queries: one noun per file."""
