package cli

import (
	"fmt"
	"strings"
	"time"

	"treecast/node"
)

// rival is a setting that may be of no use beside another one.
type rival struct {
	flag, value string
	set         bool   // by its flag or its variable, to other than the default
	reset       func() // to the default
}

// journalIsOff reports whether the node is to keep no journal.
func (c *nodeCommand) journalIsOff() bool { return strings.EqualFold(c.Journal, journalOff) }

// contradiction is about two settings of which one makes the other pointless: who
// gives both is mistaken about one. A flag wins over the variable of its rival.
func (c *nodeCommand) contradiction(line commandLine) error {
	off := rival{"--journal", c.Journal, c.journalIsOff(), func() { c.Journal = "" }}
	for _, r := range []rival{
		{"--fsync", c.Fsync, c.Fsync != "never", func() { c.Fsync = "never" }},
		{"--fsync-interval", c.FsyncInterval.String(), given(line, "--fsync-interval", c.FsyncInterval, time.Second), func() { c.FsyncInterval = time.Second }},
		{"--journal-lost", c.JournalLost, given(line, "--journal-lost", c.JournalLost, "refuse"), func() { c.JournalLost = "refuse" }},
		{"--journal-preferred", fmt.Sprint(c.JournalPreferred), given(line, "--journal-preferred", c.JournalPreferred, node.DefaultJournal.Preferred), func() { c.JournalPreferred = node.DefaultJournal.Preferred }},
		{"--journal-capacity", fmt.Sprint(c.JournalCapacity), given(line, "--journal-capacity", c.JournalCapacity, node.DefaultJournal.Capacity), func() { c.JournalCapacity = node.DefaultJournal.Capacity }},
	} {
		if err := exclude(line, off, r, "where there is no journal, that does nothing"); err != nil {
			return err
		}
	}
	if c.Fsync != "interval" && line.has("--fsync-interval") {
		return fmt.Errorf("--fsync-interval %v needs --fsync interval, not %s", c.FsyncInterval, c.Fsync)
	}
	never := rival{"--permit-revoke", "0", c.PermitRevoke == 0, func() { c.PermitRevoke = 5 }}
	for _, r := range []rival{
		{"--permit-grace", c.PermitGrace.String(), line.has("--permit-grace"), func() {}},
		{"--permit-return", fmt.Sprint(c.PermitReturn), line.has("--permit-return"), func() {}},
		{"--permit-minimum", fmt.Sprint(c.PermitMinimum), line.has("--permit-minimum"), func() {}},
	} {
		if err := exclude(line, never, r, "where no permit is ever revoked, that does nothing"); err != nil {
			return err
		}
	}
	if c.Permits > 0 && c.PermitMinimum > c.Permits && line.has("--permit-minimum") {
		return fmt.Errorf("--permit-minimum (%d) must be at most --permits (%d)", c.PermitMinimum, c.Permits)
	}
	return nil
}

// exclude refuses two rivals that are both set. Where one of them is set by a
// variable only, it counts as not set.
func exclude(line commandLine, a, b rival, why string) error {
	if !a.set || !b.set {
		return nil
	}
	switch given := [2]bool{line.has(a.flag), line.has(b.flag)}; given {
	case [2]bool{true, false}:
		b.reset()
	case [2]bool{false, true}:
		a.reset()
	default:
		return fmt.Errorf("%s %s and %s %s (or their variables) exclude each other: %s", a.flag, a.value, b.flag, b.value, why)
	}
	return nil
}

// given reports whether a setting is made: by its flag, or to something else than
// its default.
func given[T comparable](line commandLine, flag string, value, usual T) bool {
	return line.has(flag) || value != usual
}
