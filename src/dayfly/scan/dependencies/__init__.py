"""What a function brings along: locks, vulnerabilities, capabilities, trojans, look-alikes, SBOM."""
