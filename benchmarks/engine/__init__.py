"""What sharing and packing save on a CPU: ratios, each within one run on one machine."""
