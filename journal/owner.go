package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// owner is a process that a directory belongs to: it tells that process from
// all others that ever had its id.
type owner struct {
	pid   int
	start string // when it was started, as the system spells it; empty: unknown
	boot  string // of which boot; empty: unknown
	space string // in which PID namespace; empty where there are none
}

// self is the calling process.
func self() owner { return processOwner(os.Getpid()) }

// processOwner is a process as it can be seen now.
func processOwner(pid int) owner {
	start, _ := startOf(pid)
	return owner{pid: pid, start: start, boot: bootID(), space: pidSpace()}
}

// starter is the process that runs this node: the parent, or an ancestor where
// the parent is a wrapper around us. wrapped says that it is.
func starter() (o owner, wrapped bool) {
	pid := os.Getppid()
	for range 8 {
		if pid <= 1 || !sharesStdin(pid) {
			break
		}
		above, err := parentOf(pid)
		if err != nil || above <= 0 {
			break
		}
		pid, wrapped = above, true
	}
	return processOwner(pid), wrapped
}

// String spells an owner so that it can be part of a file's name.
func (o owner) String() string {
	return fmt.Sprintf("%d-%s-%s-%s", o.pid, o.start, o.boot, o.space)
}

// parseOwner reads what String wrote.
func parseOwner(text string) (o owner, ok bool) {
	parts := strings.Split(text, "-")
	if len(parts) != 4 {
		return o, false
	}
	pid, err := strconv.Atoi(parts[0])
	return owner{pid: pid, start: parts[1], boot: parts[2], space: parts[3]}, err == nil && pid > 0
}

// gone reports whether the process is known to have ended. It is not known of processes of
// another boot or PID namespace.
func (o owner) gone() bool {
	if o.start == "" || o.boot == "" || o.boot != bootID() || o.space != pidSpace() {
		return false
	}
	start, err := startOf(o.pid)
	return os.IsNotExist(err) || (err == nil && start != o.start)
}

// alive reports whether the process is known to run.
func (o owner) alive() bool {
	if o.start == "" || o.boot == "" || o.boot != bootID() || o.space != pidSpace() {
		return false
	}
	start, err := startOf(o.pid)
	return err == nil && start == o.start
}

// RunName names a run for TREECAST_RUN: label, and the calling process, so that
// what nodes of the run leave behind is removed by later ones when that process
// is gone. It is unique if the label is among the runs of this process.
func RunName(label string) string { return label + "@" + self().String() }

// runOwner is the process in a name made by RunName.
func runOwner(name string) (owner, bool) {
	i := strings.LastIndexByte(name, '@')
	if i < 0 {
		return owner{}, false
	}
	return parseOwner(name[i+1:])
}

// fileName spells a name so that it can be part of a file's: itself if it is
// plain and short, or else a digest of it.
func fileName(name string) string {
	plain := len(name) > 0 && len(name) <= 120 && name[0] != '.'
	for i := 0; i < len(name) && plain; i++ {
		c := name[i]
		plain = c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("._-@", c) >= 0
	}
	if plain {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "=" + hex.EncodeToString(sum[:16])
}
