"""What happens next: one readable function per event."""
