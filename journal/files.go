package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Config says where a node's journal is, and how safe.
type Config struct {
	// Dir is the directory for the journals of all runs; it is made if need be.
	// Empty means the first that can be used of one for this user in the
	// directory for temporary files, and one in the user's cache.
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

	place place
	base  *os.Root // of all runs
	dir   *os.Root // of the run
	name  string   // of the file, in dir
	named bool     // the name has been synced
	file  *os.File
	open  *segment
}

// NewFiles returns the journal of a process that has just been started. It
// touches no file before Open.
func NewFiles(cfg Config) *Files {
	f := &Files{cfg: cfg, parent: os.Getppid()}
	f.starter, f.wrapped = starter()
	return f
}

// suffix is how the names of journals end, behind the node's and a number.
const suffix = ".journal"

// maxSlots is how many nodes of one name may be at work in one directory.
const maxSlots = 64

// Open begins a life of the node: it finds what its former lives in this run
// have left, if anything, and locks it, or else begins a new file. After an
// error it may be called again.
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
	if f.file != nil { // of a call that did not end
		f.file.Close()
		f.file = nil
	}
	if err := f.openDir(); err != nil {
		return nil, err
	}
	var told []string
	mine, others, err := f.search(&s, &told)
	if err != nil {
		return nil, err
	}
	var r *Recovered
	var l *life
	switch {
	case len(mine) == 1:
		c := mine[0]
		r, l = recovered(&s, c.found)
		f.name, f.file = c.name, c.file
		f.open = resume(c.file, c.found, l)
	default:
		r, l = fresh(&s)
		if len(mine) > 1 {
			told = append(told, fmt.Sprintf("%d journals could be this node's, so none is believed", len(mine)))
		}
		for _, c := range mine {
			c.file.Close()
		}
		if err = f.create(&s, l); err != nil {
			return nil, err
		}
	}
	for _, c := range others { // of runs that are over
		told = append(told, fmt.Sprintf("nothing shows that %s, of %d bytes, is of this run, so it is not used", c.name, len(c.found.text)))
		_ = f.dir.Remove(c.name)
		c.file.Close()
	}
	r.Told = append(told, r.Told...)
	f.open.always = f.cfg.Always
	_ = f.open.append(nil) // if it fails it goes with the first append
	f.named = false
	if f.cfg.Always {
		if err := f.Sync(); err != nil {
			r.Told = append(r.Told, "the new file may not survive the machine: "+err.Error())
		}
	}
	return r, nil
}

// candidate is a file of the node's name that nobody uses.
type candidate struct {
	name  string
	file  *os.File
	found *scan
}

// search locks and reads the files that bear the node's name: mine are those
// with evidence that they are of this run, others those without.
func (f *Files) search(s *Start, told *[]string) (mine, others []candidate, err error) {
	entries, err := fs.ReadDir(f.dir.FS(), ".")
	if err != nil {
		return nil, nil, fmt.Errorf("journal: listing the run's directory: %w", err)
	}
	for _, e := range entries {
		slot, ok := strings.CutPrefix(e.Name(), fileName(s.Node)+"~")
		if !ok || !strings.HasSuffix(slot, suffix) {
			continue
		}
		file, err := lock(f.dir, e.Name(), os.O_RDWR)
		if errors.Is(err, errLocked) {
			*told = append(*told, e.Name()+" is in use by another node of this name")
			continue
		}
		var found *scan
		if err == nil {
			found, err = read(file)
		}
		switch {
		case err == nil && found == nil: // died before it had begun
			_ = f.dir.Remove(e.Name())
			file.Close()
		case err == nil && s.evidence(found, f.cfg.Run):
			mine = append(mine, candidate{e.Name(), file, found})
		case err == nil:
			others = append(others, candidate{e.Name(), file, found})
		default:
			*told = append(*told, fmt.Sprintf("%s cannot be used and was moved aside: %v", e.Name(), err))
			_ = f.dir.Rename(e.Name(), e.Name()+".aside")
			if file != nil {
				file.Close()
			}
		}
	}
	return mine, others, nil
}

// read scans a file; nil if it is empty.
func read(file *os.File) (*scan, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errForeign
	}
	data := make([]byte, info.Size())
	if _, err := io.ReadFull(io.NewSectionReader(file, 0, info.Size()), data); err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, nil
	}
	return scanSegment(data)
}

// create begins a new file, under the first number that is free.
func (f *Files) create(s *Start, l *life) error {
	for slot := range maxSlots {
		name := fileName(s.Node) + "~" + strconv.Itoa(slot) + suffix
		file, err := lock(f.dir, name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
		if errors.Is(err, fs.ErrExist) || errors.Is(err, errLocked) {
			continue
		}
		if err != nil {
			return fmt.Errorf("journal: making a file: %w", err)
		}
		f.name, f.file = name, file
		f.open = begin(file, &header{salt: f.cfg.Random.Uint64(), node: s.Node, run: f.cfg.Run}, l)
		return nil
	}
	return fmt.Errorf("journal: %d nodes of the name %s have files in %s", maxSlots, s.Node, f.dir.Name())
}

// errLocked says that another process uses a file.
var errLocked = errors.New("it is in use by another process")

// lock opens a file and locks it, if nobody else has.
func lock(dir *os.Root, name string, flags int) (*os.File, error) {
	file, err := dir.OpenFile(name, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errLocked
		}
		return nil, err
	}
	// Who held the lock before us may have removed the file.
	held, err := file.Stat()
	if err == nil {
		var there fs.FileInfo
		if there, err = dir.Lstat(name); err == nil && !os.SameFile(held, there) {
			err = errLocked
		}
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// Append appends a batch: once it returns nil, the batch survives the death of
// this process (with Config.Always, of the machine).
func (f *Files) Append(b *Batch) error { return f.open.append(b) }

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

// Close ends this life's use of the journal. clean says that stdin was read to
// its end, so that there will be no other life: the file is removed, unless that
// end was that of a wrapper which was killed.
func (f *Files) Close(clean bool) error {
	if f.file == nil {
		return nil
	}
	if clean && f.over() {
		_ = f.dir.Remove(f.name)
		f.removeDir()
	}
	err := f.file.Close()
	f.file, f.open = nil, nil
	f.closeDir()
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
	if f.dir == nil {
		return ""
	}
	return f.dir.Name() + string(os.PathSeparator) + f.name
}

// slotsOf lists the names of the journals in a directory.
func slotsOf(dir *os.Root) ([]string, error) {
	entries, err := fs.ReadDir(dir.FS(), ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), suffix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}
