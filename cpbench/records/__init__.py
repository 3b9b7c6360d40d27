"""Records: what lies on disk, typed. Written by one wing, read by the other; no torch."""
