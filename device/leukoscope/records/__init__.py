"""What is kept of every verdict, so that it can be checked later: store, pictures, reports."""
