package node

import "strconv"

// valueSet is the set of values that have been broadcast, by canonical form.
// Plain integers, which is what Maelstrom sends, are kept as such.
type valueSet struct {
	integers map[int64]struct{}
	others   map[string]struct{}
}

// add puts a value in and reports whether it was new.
func (s *valueSet) add(key string) bool {
	if len(key) <= 18 { // fits into 64 bits for sure, if it is an integer
		if n, err := strconv.ParseInt(key, 10, 64); err == nil {
			if _, ok := s.integers[n]; ok {
				return false
			}
			if s.integers == nil {
				s.integers = map[int64]struct{}{}
			}
			s.integers[n] = struct{}{}
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
