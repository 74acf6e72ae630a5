"""The chat of the Channels tutorial, part 3 (asynchronous consumer), as it is written there."""
