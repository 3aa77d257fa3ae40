"""The processes of one PLC besides the supervisor: engine, I/O and gateway. Each begins as a process in waiting
(`spares`, `__main__`) and then runs `main` of the module that is named like its role.
"""
