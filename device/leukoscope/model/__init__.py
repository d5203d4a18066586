"""The model on the device: a bundle's card, the interpreter, and the classifier made of both."""
