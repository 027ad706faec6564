"""What every service runs on: settings, Kafka, outbox, inbox, database, auth, health."""
