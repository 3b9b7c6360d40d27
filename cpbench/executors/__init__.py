"""Executors: how stretches of training are placed on processes and devices.

`sequential` is the reference.
"""
