"""A synthetic Wales, the provider emulators, the one-machine stack, the demo."""
