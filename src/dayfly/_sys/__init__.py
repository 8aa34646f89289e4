"""The only home of ctypes, descriptor surgery and /proc."""
