"""The OPC UA door: the exposed variables of one PLC as nodes. The only package that knows asyncua.

Read `server` first; it puts together `nodes` (address space), `types` (IEC to OPC UA), `users` (who may what) and
`notify` (subscriptions).
"""
