"""A session as its bill sees it: the ledger, folded from the events."""
