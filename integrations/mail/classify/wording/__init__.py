"""What mails that come back say, language by language."""
