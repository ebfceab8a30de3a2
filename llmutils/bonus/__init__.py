"""What the bonus notebooks build."""
