"""Other people's files: plumbing that no notebook builds."""
