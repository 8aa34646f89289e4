"""Safe and unsafe twins of small functions, labelled by construction: what `dayfly scan` is scored on."""
