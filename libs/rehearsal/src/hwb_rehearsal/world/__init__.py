"""A deterministic synthetic Wales: schools, learners, staff and classes by seed and size."""
