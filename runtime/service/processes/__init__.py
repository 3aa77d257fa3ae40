"""The processes of one PLC besides the supervisor: engine, I/O and gateway. Each is started as `python -m
runtime.service.processes.<name>`.
"""
