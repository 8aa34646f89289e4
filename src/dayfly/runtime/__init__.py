"""What runs in the function's own process: client, zygote, worker."""
