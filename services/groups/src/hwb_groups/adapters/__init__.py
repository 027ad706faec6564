"""PostgreSQL, Microsoft Graph and Google Classroom behind the application's protocols."""
