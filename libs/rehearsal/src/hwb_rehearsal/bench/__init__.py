"""The benchmarks: every figure a ratio of sides that took turns in one run on one machine."""
