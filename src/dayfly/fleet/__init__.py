"""What no single environment can see: how long environments live, who attacks many of them, whom it hurt."""
