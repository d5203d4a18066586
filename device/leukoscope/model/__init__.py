"""The model on the device: a bundle's card, the interpreter, and the reader made from both."""
