"""Online change: another version of a program takes over between two scans, with all state carried.

| file | about |
|---|---|
| planner | what becomes of each variable, as tables that the engine follows (`engine.handover`) |
| offer | a change before it is made: what it would do, and why it cannot be done |
| face | what OPC UA clients see of a program |
| saying | the same in words |
| orders | what the supervisor asks of the engine |
| coordinator | the steps of the supervisor |
| door | `rung change` asks the supervisor of `rung run` |
| options, command, remote | `rung change` |
"""
