"""What the city said: documents come in, are cut into passages, indexed, found, and judged as evidence."""
