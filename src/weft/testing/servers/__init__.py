"""Real servers as child processes on free ports, started once a test run and shared by its workers. Never a container."""
