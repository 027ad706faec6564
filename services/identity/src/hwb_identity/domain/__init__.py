"""The rules of DESIGN 6 for learners and staff: pure, so that any order can be tried in a test."""
