"""What is kept of every verdict, so that it can be checked later: the record database and the pictures."""
