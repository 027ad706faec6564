"""Where uploads are read and records are kept: file formats and PostgreSQL."""
