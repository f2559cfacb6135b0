"""What all live views share: a page behind a few verbs, a picture beside it, and what becomes of both in the end."""
