package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config says where a node's journal is, and how safe.
type Config struct {
	// Dir is the directory for the journals of all runs; it is made if need be.
	// Empty means the first that can be used of one in the user's home, one for
	// this user in the directory for temporary files, and one in the user's cache.
	Dir string
	// Run names the run (TREECAST_RUN). Empty: it goes by the process that
	// started this one, and by evidence.
	Run string
	// Always syncs every append to the disk, for whoever wants to survive the
	// machine and not just the process.
	Always bool
	// Random draws salts. Required.
	Random *rand.Rand
}

// Files is a journal in a file.
type Files struct {
	cfg     Config
	starter owner
	wrapped bool
	parent  int

	*site              // of the run's directory
	name        string // of the file, in dir
	named       bool   // the name has been synced
	file        *os.File
	fd          int    // of file
	path        string // of the file, from wherever the process is
	open        *segment
	head        header       // of the file
	incarnation *incarnation // what this incarnation began with

	old    *replaced         // what is being replaced; nil: nothing is
	judged map[string]judged // files that others hold, by path
}

// NewFiles returns the journal of a process that has just been started. It
// touches no file before Open.
func NewFiles(cfg Config) *Files {
	f := &Files{cfg: cfg, parent: os.Getppid()}
	f.starter, f.wrapped = starter()
	return f
}

const (
	// suffix is how the names of journals end, behind the node's and a number.
	suffix = ".journal"
	// unfinished is what a name ends with beyond that while the file does not yet
	// hold all that it is to begin with.
	unfinished = ".new"
	// maxSlots is how many nodes of one name may be at work in one directory.
	maxSlots = 64
)

// Open begins an incarnation of the node: it finds what its earlier incarnations in this run
// have left, if anything, and locks it, or else begins a new file. After an
// error it may be called again. A *BlockedError says that there is, or may be,
// something of this run that cannot be used now.
func (f *Files) Open(s Start) (r *Recovered, err error) {
	for range 5 {
		// Another node that ends may remove the directory before we are in it.
		if r, err = f.begin(s); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return r, err
}

func (f *Files) begin(s Start) (*Recovered, error) {
	f.letGo() // of a call that did not end
	sites, unreadable := f.sites(&s)
	found, err := f.find(&s, sites)
	if err != nil {
		closeSites(sites, nil)
		return nil, err
	}
	found.obstacles = append(found.obstacles, unreadable...)
	if len(found.obstacles) > 0 && !s.Blank {
		found.close()
		closeSites(sites, nil)
		return nil, found.blocked()
	}
	found.setAside()
	var r *Recovered
	if len(found.mine) == 1 {
		c := found.mine[0]
		r, f.incarnation = recovered(&s, c.found)
		f.hold(c.site, c.name, c.file)
		f.head, f.open = c.found.header, resume(c.file, c.found, f.incarnation)
		_ = f.open.append(nil) // if it fails it goes with the first append
	} else {
		r, f.incarnation = fresh(&s)
		f.head = header{salt: f.cfg.Random.Uint64(), node: s.Node, run: f.cfg.Run}
		if err = f.create(sites); err != nil {
			found.close()
			closeSites(sites, nil)
			return nil, err
		}
	}
	for _, c := range found.others { // of runs that are over
		found.warnings = append(found.warnings, fmt.Sprintf("nothing shows that %s, of %d bytes, is of this run, so it is not used", c.name, len(c.found.text)))
		_ = c.dir.Remove(c.name)
		c.file.Close()
	}
	closeSites(sites, f.site)
	r.Warnings = append(found.warnings, r.Warnings...)
	f.open.always = f.cfg.Always
	f.named, f.judged = false, nil
	if f.cfg.Always {
		if err := f.Sync(); err != nil {
			r.Warnings = append(r.Warnings, "the new file may not survive the machine: "+err.Error())
		}
	}
	return r, nil
}

// hold makes a file that is locked the one that is written to.
func (f *Files) hold(at *site, name string, file *os.File) {
	f.site, f.name, f.file = at, name, file
	f.path, f.fd = filepath.Join(at.dir.Name(), name), int(file.Fd())
}

// create begins a new file, under the first number that is free, in the first of
// the sites, or else in one that is made. It gets its name when all is in it that
// it begins with, so that a file of that name is never without.
func (f *Files) create(sites []*site) error {
	at, err := f.anySite(sites)
	if err != nil {
		return err
	}
	made, err := f.claim(at)
	if err == nil {
		f.hold(at, made.name, made.file)
		f.open = begin(made.file, &f.head, f.incarnation)
		if err = f.open.append(nil); err == nil {
			err = at.dir.Rename(made.name+unfinished, made.name)
		}
		if err == nil {
			return nil
		}
		_ = at.dir.Remove(made.name + unfinished)
		made.file.Close()
	}
	f.site, f.file, f.open = nil, nil, nil
	if !slices.Contains(sites, at) {
		at.close()
	}
	return fmt.Errorf("journal: making a file: %w", err)
}

// claim is a file that this process has locked, and the name that is its own.
type claim struct {
	*site
	name string
	file *os.File
}

// claim makes an empty file, of a name that is yet to be finished. Whoever holds
// that has the name itself, if no file has it but the one that is to be replaced.
func (f *Files) claim(at *site) (*claim, error) {
	for slot := range maxSlots {
		name := fileName(f.head.node) + "~" + strconv.Itoa(slot) + suffix
		file, err := lock(at.dir, name+unfinished, os.O_RDWR|os.O_CREATE)
		if errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return nil, err
		}
		there, err := at.dir.Lstat(name)
		if errors.Is(err, fs.ErrNotExist) || err == nil && f.is(there) {
			if err = file.Truncate(0); err == nil {
				return &claim{at, name, file}, nil
			}
		}
		_ = at.dir.Remove(name + unfinished)
		file.Close()
		if err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%d nodes of the name %s have files in %s", maxSlots, f.head.node, at.dir.Name())
}

// is reports whether a file is the one that is open.
func (f *Files) is(there fs.FileInfo) bool {
	if f.file == nil {
		return false
	}
	held, err := f.file.Stat()
	return err == nil && os.SameFile(held, there)
}

// Append appends a batch: once it returns nil, the batch survives the death of
// this process (with Config.Always, of the machine). Nothing is appended to a
// file that the next incarnation would not find; the error wraps ErrGone then.
func (f *Files) Append(b *Batch) error {
	if err := f.Check(); err != nil {
		return err
	}
	return f.open.append(b)
}

// Sync has what was appended survive the death of the machine; the first time,
// the file's name as well.
func (f *Files) Sync() error {
	if err := f.file.Sync(); err != nil || f.named {
		return err
	}
	for _, root := range []*os.Root{f.dir, f.base} {
		dir, err := root.Open(".")
		if err != nil {
			return err
		}
		err = dir.Sync()
		dir.Close()
		if err != nil {
			return err
		}
	}
	f.named = true
	return nil
}

// Close ends this incarnation's use of the journal. clean says that stdin was read to
// its end, so that there will be no other incarnation: the file is removed, unless that
// end was that of a wrapper which was killed.
func (f *Files) Close(clean bool) error {
	if f.file == nil {
		return nil
	}
	if clean && f.over() {
		f.giveUp()
		if there, err := f.dir.Lstat(f.name); err == nil && f.is(there) { // else it is another's
			_ = f.dir.Remove(f.name)
		}
		f.removeDir()
	}
	return f.letGo()
}

// letGo closes what is open.
func (f *Files) letGo() (err error) {
	f.giveUp()
	if f.file != nil {
		err = f.file.Close()
		f.site.close()
	}
	f.site, f.file, f.open = nil, nil, nil
	return err
}

// wrapperGrace is how long a wrapper may take to die after its stdin, which is
// also ours, was closed behind it.
const wrapperGrace = 200 * time.Millisecond

// over reports whether the end of stdin is that of the run. Under a wrapper it
// may be that of the wrapper only, which was killed in our place.
func (f *Files) over() bool {
	if !f.wrapped {
		return true
	}
	for deadline := time.Now().Add(wrapperGrace); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if os.Getppid() != f.parent {
			return false
		}
	}
	return true
}

// Where tells people which file it is.
func (f *Files) Where() string {
	if f.site == nil {
		return ""
	}
	return f.path
}

// slotsOf lists the names of the journals in a directory, unfinished ones too.
func slotsOf(dir *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(strings.TrimSuffix(e.Name(), unfinished), suffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
