package checker

import "math/bits"

// bitset is a set of small numbers. It grows as numbers are added.
type bitset []uint64

func (b *bitset) add(n int32) {
	word := int(n >> 6)
	if word >= len(*b) {
		*b = append(*b, make([]uint64, max(word+1-len(*b), len(*b)))...)
	}
	(*b)[word] |= 1 << (n & 63)
}

func (b bitset) remove(n int32) {
	if word := int(n >> 6); word < len(b) {
		b[word] &^= 1 << (n & 63)
	}
}

func (b bitset) has(n int32) bool {
	word := int(n >> 6)
	return word < len(b) && b[word]&(1<<(n&63)) != 0
}

// eachWithout calls visit for every number that is in b and not in other, in
// ascending order.
func (b bitset) eachWithout(other bitset, visit func(n int32)) {
	for word, set := range b {
		if word < len(other) {
			set &^= other[word]
		}
		for ; set != 0; set &= set - 1 {
			visit(int32(word<<6 + bits.TrailingZeros64(set)))
		}
	}
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}
