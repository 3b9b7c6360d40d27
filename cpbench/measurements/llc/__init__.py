"""The local learning coefficient λ̂ of a model at its weights."""
