"""Mails Service Desk cases, once, in Welsh and English."""
