"""How long execution environments really live, from Lambda's own log lines, with or without Dayfly."""
