package txngen

import (
	"errors"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
)

// Options shape the transactions of a Pool. Defaults has Maelstrom's values.
type Options struct {
	MinLength       int // least micro-operations of a transaction, from 1
	MaxLength       int // most micro-operations of a transaction, not below MinLength (--max-txn-length)
	KeyCount        int // keys in the pool at any time, from 1 (--key-count)
	MaxWritesPerKey int // writes of a key before a fresh key takes its place, from 1 (--max-writes-per-key)
}

// Defaults are Maelstrom's: 1 to 4 micro-operations, 10 keys, 16 writes per key.
var Defaults = Options{MinLength: 1, MaxLength: 4, KeyCount: 10, MaxWritesPerKey: 16}

// maxKeyCount bounds the memory of a pool. The odds of the first key of a
// larger pool are below 1 in 2^1000, so nothing is lost.
const maxKeyCount = 1000

// Validate returns an error that names the first option out of its range.
func (o Options) Validate() error {
	switch {
	case o.MinLength < 1:
		return errors.New("a transaction has at least 1 micro-operation")
	case o.MaxLength < o.MinLength:
		return fmt.Errorf("the greatest length of a transaction, %d, is below the least, %d", o.MaxLength, o.MinLength)
	case o.KeyCount < 1 || o.KeyCount > maxKeyCount:
		return fmt.Errorf("the key count is between 1 and %d, not %d", maxKeyCount, o.KeyCount)
	case o.MaxWritesPerKey < 1:
		return errors.New("a key takes at least 1 write")
	}
	return nil
}

// Mop is a micro-operation as it is asked for.
type Mop struct {
	Write bool  // a write or append of Value; otherwise a read
	Key   int64 // from 0
	Value int64 // what is written: 1, 2, 3, ... per key; 0 for a read
}

// Pool draws transactions over KeyCount active keys. The place of a key decides
// how often it is drawn: each place twice as often as the one before it, so the
// last gets half of all micro-operations.
type Pool struct {
	options Options
	active  []int64         // the active keys, by place
	next    int64           // the next fresh key: one above the highest active one
	written map[int64]int64 // writes so far, of active keys only
}

// NewPool returns a pool of the keys 0, 1, ..., KeyCount-1 without any writes.
// It panics if the options are not valid.
func NewPool(o Options) *Pool {
	if err := o.Validate(); err != nil {
		panic("txngen: " + err.Error())
	}
	p := &Pool{options: o, next: int64(o.KeyCount), written: make(map[int64]int64, o.KeyCount)}
	for k := range p.next {
		p.active = append(p.active, k)
	}
	return p
}

// Active returns the active keys by place. The slice is the caller's.
func (p *Pool) Active() []int64 { return slices.Clone(p.active) }

// Next draws a transaction. Every micro-operation is a read or a write with
// equal odds. A write of a key that has had MaxWritesPerKey writes replaces the
// key, in its place, and is drawn again with its function and key.
func (p *Pool) Next(rng *rand.Rand) []Mop {
	length := p.options.MinLength + rng.IntN(p.options.MaxLength-p.options.MinLength+1)
	txn := make([]Mop, 0, length)
	for len(txn) < length {
		write := rng.IntN(2) == 1
		place := p.place(rng)
		key := p.active[place]
		if !write {
			txn = append(txn, Mop{Key: key})
			continue
		}
		if p.written[key] == int64(p.options.MaxWritesPerKey) {
			delete(p.written, key)
			p.active[place] = p.next
			p.next++
			continue
		}
		p.written[key]++
		txn = append(txn, Mop{Write: true, Key: key, Value: p.written[key]})
	}
	return txn
}

// place draws a place: the last with odds of 1/2, the one before it with 1/4,
// and so on. What would fall off the front is drawn again.
func (p *Pool) place(rng *rand.Rand) int {
	for {
		back, zeros := 0, 64
		for back < len(p.active) && zeros == 64 {
			zeros = bits.TrailingZeros64(rng.Uint64())
			back += zeros
		}
		if back < len(p.active) {
			return len(p.active) - 1 - back
		}
	}
}

// AppendJSON appends txn to dst as the body of a request spells it, with write
// as the name of a write: "w" or "append".
func AppendJSON(dst []byte, txn []Mop, write string) []byte {
	dst = append(dst, '[')
	for i, m := range txn {
		if i > 0 {
			dst = append(dst, ',')
		}
		if m.Write {
			dst = append(append(append(dst, `["`...), write...), `",`...)
			dst = append(strconv.AppendInt(dst, m.Key, 10), ',')
			dst = append(strconv.AppendInt(dst, m.Value, 10), ']')
		} else {
			dst = append(strconv.AppendInt(append(dst, `["r",`...), m.Key, 10), ",null]"...)
		}
	}
	return append(dst, ']')
}
