"""One file per noun or group of verbs: options in, a question to the platform, an answer out."""
