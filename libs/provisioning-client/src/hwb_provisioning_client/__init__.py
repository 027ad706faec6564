"""What a school runs to send its MIS data."""
