"""What identity does with events, days, commands and questions."""
