"""Makes evidence, and is the services of the makers of the hardware."""
