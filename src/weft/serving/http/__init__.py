"""The HTTP port: REST, OpenAPI, sessions. It parses, asks the door, and writes down the answer; it judges nothing."""
