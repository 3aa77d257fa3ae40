"""Everything around the engine: the project file, the processes of a plant, and the doors for people and other
programs.
"""
