"""What came out of the year, from topics, APIs, emulators and mailbox, against what must."""
