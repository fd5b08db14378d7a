"""Whether an edit is charged what it costs: a search for the shapes of edits that cost most."""
