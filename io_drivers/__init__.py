"""Devices to blocks of channels and back. Knows no PLC."""
