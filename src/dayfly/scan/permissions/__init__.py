"""What IAM actions code uses, against what its template grants."""
