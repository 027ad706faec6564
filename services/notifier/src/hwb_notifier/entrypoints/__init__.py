"""How the notifier is started and asked."""
