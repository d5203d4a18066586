"""What a bundle is worth, on labelled fields."""
