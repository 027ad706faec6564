"""What every service runs on, and the one place that knows Kafka, Faust and PostgreSQL's client."""
