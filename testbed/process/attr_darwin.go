package process

import "syscall"

// attributes puts a child into a process group of its own.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// maxRSSUnitBytes is the unit of Rusage.Maxrss.
const maxRSSUnitBytes = 1
