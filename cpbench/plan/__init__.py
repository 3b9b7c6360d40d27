"""From a protocol to what must be trained.

Runs, their timelines, and the forest in which each distinct epoch occurs once.
"""
