"""What guests may have said to them."""
