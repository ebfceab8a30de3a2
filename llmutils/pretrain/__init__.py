"""Pretraining on a corpus of any size: plumbing that no notebook builds."""
