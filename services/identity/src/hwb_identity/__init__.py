"""Decides which account every learner and staff member has."""
