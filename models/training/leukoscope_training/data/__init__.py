"""The data: sets, manifests, splits."""
