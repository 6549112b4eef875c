package run

import (
	"os"
	"sync"
)

// parts are the files that are being written, whose rest is still to come.
var parts struct {
	mu    sync.Mutex
	paths map[string]int
}

// writing notes that a part is being written, until the function it returns is
// called.
func writing(path string) (done func()) {
	parts.mu.Lock()
	defer parts.mu.Unlock()
	if parts.paths == nil {
		parts.paths = map[string]int{}
	}
	parts.paths[path]++
	return func() {
		parts.mu.Lock()
		defer parts.mu.Unlock()
		if parts.paths[path]--; parts.paths[path] == 0 {
			delete(parts.paths, path)
		}
	}
}

// Abandon takes away what was written of files that are not whole yet. It is for
// a process that ends at once, whoever is still writing.
func Abandon() {
	parts.mu.Lock()
	defer parts.mu.Unlock()
	for path := range parts.paths {
		os.Remove(path) // what cannot be removed stays
	}
}
