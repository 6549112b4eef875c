package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// magic begins every segment.
var magic = [8]byte{'t', 'r', 'e', 'e', 'c', 'a', 's', 't'}

// version is that of the format described here.
const version = 2

// headBytes is the part of a header before its names: magic, version, salt and
// the length of the names.
const headBytes = 8 + 4 + 8 + 4

// frameBytes is what a frame takes beside its payload: mark, length, checksum.
const frameBytes = 12

// castagnoli is CRC-32C, which processors compute.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of a header.
var (
	errForeign = errors.New("it is no journal")
	errVersion = errors.New("it is of another version of treecast")
	errHeader  = errors.New("its header is damaged")
)

// header says what a segment is.
type header struct {
	salt uint64
	node string
	run  string // TREECAST_RUN of the run; empty where there was none
}

// append appends the header's bytes.
func (h *header) append(dst []byte) []byte {
	start := len(dst)
	dst = append(dst, magic[:]...)
	dst = binary.LittleEndian.AppendUint32(dst, version)
	dst = binary.LittleEndian.AppendUint64(dst, h.salt)
	names := appendText(appendText(nil, h.node), h.run)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(names)))
	dst = append(dst, names...)
	return binary.LittleEndian.AppendUint32(dst, crc32.Checksum(dst[start:], castagnoli))
}

// parseHeader reads a segment's header and returns where the frames begin.
func parseHeader(data []byte) (h header, end int, err error) {
	if len(data) < len(magic) || !bytes.Equal(data[:len(magic)], magic[:]) {
		return h, 0, errForeign
	}
	if len(data) < headBytes {
		return h, 0, errHeader
	}
	if v := binary.LittleEndian.Uint32(data[8:]); v != version {
		return h, 0, fmt.Errorf("%w: its format is %d, ours %d", errVersion, v, version)
	}
	h.salt = binary.LittleEndian.Uint64(data[12:])
	names := uint64(binary.LittleEndian.Uint32(data[20:]))
	if uint64(len(data)) < headBytes+names+4 {
		return h, 0, errHeader
	}
	end = headBytes + int(names)
	if crc32.Checksum(data[:end], castagnoli) != binary.LittleEndian.Uint32(data[end:]) {
		return h, 0, errHeader
	}
	p := payload{rest: string(data[headBytes:end])}
	h.node, h.run = p.text(), p.text()
	if p.bad || p.rest != "" {
		return h, 0, errHeader
	}
	return h, end + 4, nil
}

// mark is what frames of a salt begin with: whoever looks for one in damaged
// data need not check every byte.
func mark(salt uint64) uint32 { return uint32(salt>>32) ^ uint32(salt) }

// checksum is that of a frame at an offset.
func checksum(salt uint64, offset int64, payload []byte) uint32 {
	var seed [20]byte
	binary.LittleEndian.PutUint64(seed[0:], salt)
	binary.LittleEndian.PutUint64(seed[8:], uint64(offset))
	binary.LittleEndian.PutUint32(seed[16:], uint32(len(payload)))
	return crc32.Update(crc32.Checksum(seed[:], castagnoli), castagnoli, payload)
}

// appendFrame appends a frame; offset is where in the segment it will stand.
func appendFrame(dst []byte, salt uint64, offset int64, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, mark(salt))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, checksum(salt, offset, payload))
	return append(dst, payload...)
}

// frameAt returns the payload of the frame at an offset; false if there is none.
func frameAt(data []byte, salt uint64, offset int) (payload []byte, ok bool) {
	if len(data)-offset < frameBytes || binary.LittleEndian.Uint32(data[offset:]) != mark(salt) {
		return nil, false
	}
	length := uint64(binary.LittleEndian.Uint32(data[offset+4:]))
	if uint64(len(data)-offset-frameBytes) < length {
		return nil, false
	}
	payload = data[offset+frameBytes : offset+frameBytes+int(length)]
	return payload, checksum(salt, int64(offset), payload) == binary.LittleEndian.Uint32(data[offset+8:])
}

// Kinds of frames.
const (
	frameIncarnation = 1
	frameEntries     = 2
)

// incarnation is what an incarnation of the node begins with.
type incarnation struct {
	seen   Seen   // the init's own
	number uint64 // of its gossip
}

func (l *incarnation) append(dst []byte) []byte {
	dst = l.seen.append(append(dst, frameIncarnation))
	return binary.AppendUvarint(dst, l.number)
}

func parseIncarnation(text string) (l incarnation, ok bool) {
	p := payload{rest: text}
	l.seen, l.number = p.seen(), p.uint()
	return l, !p.bad && p.rest == ""
}

// Seen is the highest that a node has seen of what grows through a run: the ids
// of messages, and the numbers of clients (c0, c1, ...).
type Seen struct {
	ID, Client       int64 // at least 0
	HasID, HasClient bool
}

// add takes in what else was seen.
func (s *Seen) add(o Seen) {
	if o.HasID && (!s.HasID || o.ID > s.ID) {
		s.ID, s.HasID = o.ID, true
	}
	if o.HasClient && (!s.HasClient || o.Client > s.Client) {
		s.Client, s.HasClient = o.Client, true
	}
}

func (s *Seen) append(dst []byte) []byte {
	var id, client uint64
	if s.HasID {
		id = uint64(s.ID) + 1
	}
	if s.HasClient {
		client = uint64(s.Client) + 1
	}
	return binary.AppendUvarint(binary.AppendUvarint(dst, id), client)
}

// Origin names the origin of entries and the log of it that they are in.
type Origin struct{ Node, Log string }

// Run is consecutive entries of a source: Values[i] has the counter First+i.
type Run struct {
	Origin
	First  uint64
	Values []string
}

// Batch is entries to be appended together. The zero value is empty; Reset
// makes it so again and keeps its memory.
type Batch struct {
	Seen    Seen // the highest seen by now
	runs    []byte
	last    Origin
	next    uint64
	open    bool
	entries int
}

// Add puts an entry in. A counter is at least 1.
func (b *Batch) Add(s Origin, counter uint64, value string) {
	if !b.open || s != b.last || counter != b.next {
		b.close()
		b.runs = appendText(appendText(b.runs, s.Node), s.Log)
		b.runs = binary.AppendUvarint(b.runs, counter)
		b.open, b.last = true, s
	}
	b.runs = binary.AppendUvarint(b.runs, uint64(len(value))+1)
	b.runs = append(b.runs, value...)
	b.next = counter + 1
	b.entries++
}

// close ends the run that is being written.
func (b *Batch) close() {
	if b.open {
		b.runs = append(b.runs, 0)
		b.open = false
	}
}

// Entries is how many entries the batch holds.
func (b *Batch) Entries() int { return b.entries }

// Bytes is about what the batch will take.
func (b *Batch) Bytes() int { return len(b.runs) }

// Reset empties the batch.
func (b *Batch) Reset() {
	runs := b.runs[:0]
	if cap(runs) > 1<<20 {
		runs = nil
	}
	*b = Batch{runs: runs}
}

// append appends the payload of the batch's frame.
func (b *Batch) append(dst []byte) []byte {
	b.close()
	return append(b.Seen.append(append(dst, frameEntries)), b.runs...)
}

// eachRun calls yield for every run of an entries frame, given without its
// kind. Run.Values is valid during the call only, the strings for ever. It
// reports whether all of the frame could be read; runs before a mistake have
// been yielded then.
func eachRun(text string, values []string, yield func(Run)) bool {
	p := payload{rest: text}
	p.seen()
	for p.rest != "" && !p.bad {
		r := Run{Origin: Origin{p.text(), p.text()}, First: p.uint(), Values: values[:0]}
		for {
			n := p.uint()
			if p.bad || n == 0 {
				break
			}
			r.Values = append(r.Values, p.take(n-1))
		}
		if p.bad || r.First == 0 || len(r.Values) == 0 || r.First+uint64(len(r.Values)) < r.First {
			return false
		}
		values = r.Values
		yield(r)
	}
	return !p.bad
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// payload is what is left of a payload to be read.
type payload struct {
	rest string
	bad  bool // something could not be read; all that follows is empty
}

func (p *payload) fail() { p.bad, p.rest = true, "" }

// uint reads an unsigned number.
func (p *payload) uint() uint64 {
	var n uint64
	for i := 0; i < len(p.rest) && i < binary.MaxVarintLen64; i++ {
		c := p.rest[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			p.rest = p.rest[i+1:]
			return n
		}
	}
	p.fail()
	return 0
}

// take reads n bytes.
func (p *payload) take(n uint64) string {
	if n > uint64(len(p.rest)) {
		p.fail()
		return ""
	}
	s := p.rest[:n]
	p.rest = p.rest[n:]
	return s
}

func (p *payload) text() string { return p.take(p.uint()) }

func (p *payload) seen() (s Seen) {
	if id := p.uint(); id > 0 && id-1 <= 1<<63-1 {
		s.ID, s.HasID = int64(id-1), true
	}
	if client := p.uint(); client > 0 && client-1 <= 1<<63-1 {
		s.Client, s.HasClient = int64(client-1), true
	}
	return s
}
