"""The author's side of the policy: learn it, write it, check it, explain it, compare it, promote it."""
