"""The probe: watches a function through audit events and by looking between invocations, and changes nothing."""
