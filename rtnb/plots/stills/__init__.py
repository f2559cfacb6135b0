"""What stays of a live view in a saved notebook: small pictures, HTML without scripts, and text."""
