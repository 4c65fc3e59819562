"""Who works here: users, roles, sign-in, guards."""
