"""The rules of cases and their mails: the standard library and the contract alone."""
