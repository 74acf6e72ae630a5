"""What the pages' addresses lead to."""
