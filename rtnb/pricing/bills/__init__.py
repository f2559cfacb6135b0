"""From usage to money: a cost line by line, the ledger of a session, and the meter that reads it."""
