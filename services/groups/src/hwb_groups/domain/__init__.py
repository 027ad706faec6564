"""The rules of a group's life: pure functions over frozen values."""
