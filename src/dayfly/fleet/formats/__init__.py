"""What the fleet concluded, in the words of other systems: OCSF and the AWS Security Finding Format."""
