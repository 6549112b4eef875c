package values

import "strconv"

// Set is the set of values that have been broadcast, by canonical form.
// Integers of 64 bits are kept as a bit each, as Maelstrom counts them from 0
// on, unless they are far from all others.
type Set struct {
	small  []uint64         // bits of 0, 1, 2, ... up to smallLimit
	words  map[int64]uint64 // the same of all other integers: n>>6 has the bits of n&^63 to n|63, two at least
	lone   sparseSet        // those that are alone in their word
	others map[string]struct{}
}

// smallLimit bounds the bits: a lone large value costs 128 KiB at most.
const smallLimit = 1 << 20

// integerBytes is the length of the longest integer of 64 bits.
const integerBytes = len("-9223372036854775808")

// Add puts a value in and reports whether it was new.
func (s *Set) Add(key string) bool {
	if maybeInteger(key) {
		if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			if 0 <= n && n < smallLimit {
				return s.addSmall(n)
			}
			return s.addLarge(n)
		}
	}
	if _, ok := s.others[key]; ok {
		return false
	}
	if s.others == nil {
		s.others = map[string]struct{}{}
	}
	s.others[key] = struct{}{}
	return true
}

func (s *Set) addSmall(n int64) bool {
	word, bit := int(n/64), uint64(1)<<(n%64)
	if word >= len(s.small) {
		s.small = append(s.small, make([]uint64, word+1-len(s.small))...)
	}
	if s.small[word]&bit != 0 {
		return false
	}
	s.small[word] |= bit
	return true
}

func (s *Set) addLarge(n int64) bool {
	word, bit := n>>6, uint64(1)<<(n&63)
	if set := s.words[word]; set != 0 {
		s.words[word] = set | bit
		return set&bit == 0
	}
	other := s.lone.add(n)
	if other == 0 || other == n {
		return other == 0
	}
	if s.words == nil {
		s.words = map[int64]uint64{}
	}
	s.words[word] = bit | uint64(1)<<(other&63)
	s.lone.remove(other)
	return true
}

// Has reports whether a value is in.
func (s *Set) Has(key string) bool {
	if maybeInteger(key) {
		if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			if 0 <= n && n < smallLimit {
				word := int(n / 64)
				return word < len(s.small) && s.small[word]&(1<<(n%64)) != 0
			}
			return s.words[n>>6]&(1<<(n&63)) != 0 || s.lone.get(n) == n
		}
	}
	_, ok := s.others[key]
	return ok
}

// maybeInteger reports whether a canonical form may be an integer of 64 bits:
// ParseInt refuses all others too, but says at length why.
func maybeInteger(key string) bool {
	return 0 < len(key) && len(key) <= integerBytes && (key[0] == '-' || '0' <= key[0] && key[0] <= '9')
}
