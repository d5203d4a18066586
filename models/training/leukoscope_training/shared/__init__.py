"""Code that several rooms of training use."""
