"""Listen: waves, who is asked, invitations and their lives."""
