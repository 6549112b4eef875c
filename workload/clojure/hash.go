package clojure

import (
	"cmp"
	"math/bits"
	"slices"
	"unicode/utf16"
)

// arrayMapSize is how many entries a map keeps in the order in which they came;
// a larger one is a hash map.
const arrayMapSize = 8

// MapOrder returns the keys, which are all different, in the order in which
// Clojure walks over a map that they were put into one after the other.
func MapOrder(keys []string) []string {
	out := slices.Clone(keys)
	if len(out) > arrayMapSize {
		sortByHash(out, hashText)
	}
	return out
}

// SetOrder sorts integers, which are all different, in the order in which Clojure
// walks over a hash set of them.
func SetOrder(values []int64) { sortByHash(values, hashLong) }

// sortByHash puts keys in the order of a hash array mapped trie: by the five
// lowest bits of their hashes, then the next five, and so on.
func sortByHash[K any](keys []K, hash func(K) uint32) {
	slices.SortStableFunc(keys, func(a, b K) int {
		x, y := hash(a), hash(b)
		for range 7 {
			if order := cmp.Compare(x&31, y&31); order != 0 {
				return order
			}
			x, y = x>>5, y>>5
		}
		return 0
	})
}

// hashText is Clojure's hash of a string: Java's, mixed by Murmur3.
func hashText(s string) uint32 {
	h := uint32(0)
	for _, unit := range utf16.Encode([]rune(s)) {
		h = 31*h + uint32(unit)
	}
	if h == 0 {
		return 0
	}
	return finish(mix(0, h), 4)
}

// hashLong is Clojure's hash of an integer of 64 bits.
func hashLong(n int64) uint32 {
	if n == 0 {
		return 0
	}
	return finish(mix(mix(0, uint32(n)), uint32(uint64(n)>>32)), 8)
}

// mix and finish are Murmur3's steps for 32 bits.
func mix(h, k uint32) uint32 {
	k = bits.RotateLeft32(k*0xcc9e2d51, 15) * 0x1b873593
	return bits.RotateLeft32(h^k, 13)*5 + 0xe6546b64
}

func finish(h, length uint32) uint32 {
	h ^= length
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}
