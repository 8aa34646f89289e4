"""The filters that customers may choose."""
