"""The second factor: authenticator codes, backup codes, and who must have one."""
