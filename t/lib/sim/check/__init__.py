"""Tests of the simulator itself, and second readings of what it says."""
