"""The timeline as a picture, as a page of its own and as text: lanes over one clock, events in a table."""
