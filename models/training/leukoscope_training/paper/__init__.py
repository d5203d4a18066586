"""Trains the system of the paper: Alkareem & Al-Dergazly, Frontiers in Health Informatics 13(3), 2024, 5601-5617."""
