"""HTTP doors of the accounts. Open ones read no credentials, so a stale token cannot stop them."""
