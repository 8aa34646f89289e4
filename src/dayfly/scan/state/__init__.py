"""State that survives an invocation: where code believes that it is stateless."""
