"""The running appliance: its loop, its workflow, its parts."""
