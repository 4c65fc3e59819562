"""Mail: build a message, hand it to a server or to the built-in mailbox."""
