"""The running appliance: the daemon's loop, the workflow, the self-test, the open slide and the parts."""
