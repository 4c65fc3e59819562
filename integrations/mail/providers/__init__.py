"""What mail providers report of our mails over HTTP, each in its own shape, read into one."""
