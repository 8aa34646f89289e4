"""The running service: sign-in, roles, actions, alerts, and the process that puts collector, store and console together."""
