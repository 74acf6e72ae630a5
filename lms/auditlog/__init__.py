"""Security and money: who did what, append-only, written in the transaction of the act."""
