"""Traces: what variables do, scan by scan, sampled by the engine itself (`engine.tracing`).

request     what somebody wants, by names           resolving   the same by places of the memory
traces      setting up and reading, by name         columns     samples as values of their types
command     `rung trace`: local and remote PLCs, files, the picture in the terminal
"""
