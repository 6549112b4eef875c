package experiment

import (
	"os"
	"runtime"
	"strings"

	"treecast/run"
)

// ThisMachine is what runs are made on.
func ThisMachine() run.Machine {
	m := run.Machine{OS: runtime.GOOS, Arch: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil { // Linux tells
		m.CPU = cpuModel(string(text))
	}
	return m
}

// cpuModel finds the first processor's name in Linux's /proc/cpuinfo.
func cpuModel(cpuinfo string) string {
	for line := range strings.Lines(cpuinfo) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
