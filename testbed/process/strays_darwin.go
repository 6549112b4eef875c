package process

// straysOf finds nothing: macOS shows nobody the environment of a process.
func straysOf(string) []stray { return nil }
