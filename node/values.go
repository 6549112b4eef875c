package node

import "strconv"

// valueSet is the set of values that have been broadcast, by canonical form.
// Plain integers are kept as a bit each, as Maelstrom counts them from 0 on;
// those that are far from all others take a word and its place in a map.
type valueSet struct {
	small  []uint64         // bits of 0, 1, 2, ... up to smallLimit
	words  map[int64]uint64 // the same of all other integers: n>>6 has the bits of n&^63 to n|63
	others map[string]struct{}
}

// smallLimit bounds the bits: a lone large value costs 128 KiB at most.
const smallLimit = 1 << 20

// add puts a value in and reports whether it was new.
func (s *valueSet) add(key string) bool {
	if len(key) <= 18 { // fits into 64 bits for sure, if it is an integer
		if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			if 0 <= n && n < smallLimit {
				return s.addSmall(n)
			}
			word, bit := n>>6, uint64(1)<<(n&63)
			if s.words[word]&bit != 0 {
				return false
			}
			if s.words == nil {
				s.words = map[int64]uint64{}
			}
			s.words[word] |= bit
			return true
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

func (s *valueSet) addSmall(n int64) bool {
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

// has reports whether a value is in.
func (s *valueSet) has(key string) bool {
	if len(key) <= 18 {
		if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			if 0 <= n && n < smallLimit {
				word := int(n / 64)
				return word < len(s.small) && s.small[word]&(1<<(n%64)) != 0
			}
			return s.words[n>>6]&(1<<(n&63)) != 0
		}
	}
	_, ok := s.others[key]
	return ok
}
