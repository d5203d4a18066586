"""The paper's system whole (Alkareem & Al-Dergazly, Frontiers in Health Informatics 13(3), 2024)."""
