"""What could be in the standard library: ids, clock, durations, retry, safe YAML. Knows nothing of data meshes."""
