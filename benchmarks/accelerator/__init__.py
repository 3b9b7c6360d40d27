"""The parts of `benchmarks.gpu`: correctness, speed, limits of the device, and the whole bet."""
