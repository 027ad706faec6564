"""Kafka and Faust, hidden from everything else."""
