"""Measurements, each beside a floor made of raw parts in the same run: `make bench`.

Machines are noisy and differ, so ratios count, not seconds. Nothing here is a test.
"""
