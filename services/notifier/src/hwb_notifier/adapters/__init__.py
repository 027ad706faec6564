"""PostgreSQL, SMTP and the wording in both languages."""
