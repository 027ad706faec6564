"""What the notifier does, in terms of its domain and of what it needs from outside."""
