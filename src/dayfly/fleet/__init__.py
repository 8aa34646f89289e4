"""What no single environment can see: how long environments live, and, to come, who attacks many of them."""
