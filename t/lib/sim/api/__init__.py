"""The simulated API: its machines, their agent, HTTP as it goes over the wire."""
