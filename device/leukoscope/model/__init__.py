"""The model on the device: its bundle and card, its interpreter, and the reader that uses it."""
