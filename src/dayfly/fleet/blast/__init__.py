"""The blast radius: who was served after an infection, how sure that is, and the list for whoever must tell them."""
