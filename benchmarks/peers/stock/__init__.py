"""A chat that keeps its messages, written the way Channels' documentation teaches."""
