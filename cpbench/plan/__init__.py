"""From a protocol to what must be trained: runs, timelines, the forest in which each epoch occurs once."""
