"""The shared memory of one PLC: its layout and the wait-free exchange between scan, drivers and gateways."""
