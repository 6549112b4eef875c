package gossip

import "sort"

// Span is the whole numbers First..Last, both included; 1 <= First <= Last.
type Span struct {
	First, Last uint64
}

// Len is how many numbers the span holds.
func (s Span) Len() uint64 { return s.Last - s.First + 1 }

// Spans is a set of numbers as sorted spans that neither touch nor overlap.
// The zero value is the empty set. In a healthy cluster a set is one span, so
// all operations look at the last span first.
type Spans []Span

// Contains reports whether n is in the set.
func (s Spans) Contains(n uint64) bool {
	i := s.search(n)
	return i < len(s) && s[i].First <= n
}

// search returns the index of the first span whose Last is not below n.
func (s Spans) search(n uint64) int {
	if k := len(s); k > 0 && s[k-1].First <= n {
		if n <= s[k-1].Last {
			return k - 1
		}
		return k
	}
	return sort.Search(len(s), func(i int) bool { return s[i].Last >= n })
}

// Add puts n into the set and reports whether it was new.
func (s *Spans) Add(n uint64) bool { return s.AddSpan(Span{n, n}) > 0 }

// AddSpan puts every number of a span into the set and returns how many of
// them were new.
func (s *Spans) AddSpan(a Span) uint64 {
	v := *s
	if k := len(v); k > 0 && a.First == v[k-1].Last+1 {
		v[k-1].Last = a.Last
		return a.Len()
	}
	// lo..hi are the spans that a touches or overlaps.
	lo := v.search(a.First)
	if lo > 0 && v[lo-1].Last+1 == a.First {
		lo--
	}
	hi := lo
	added := a.Len()
	merged := a
	for hi < len(v) && (v[hi].First <= a.Last || v[hi].First == a.Last+1) {
		first, last := max(v[hi].First, a.First), min(v[hi].Last, a.Last)
		if first <= last {
			added -= last - first + 1
		}
		merged.First, merged.Last = min(merged.First, v[hi].First), max(merged.Last, v[hi].Last)
		hi++
	}
	if lo == hi {
		v = append(v, Span{})
		copy(v[lo+1:], v[lo:])
		v[lo] = merged
	} else {
		v[lo] = merged
		v = append(v[:lo+1], v[hi:]...)
	}
	*s = v
	return added
}

// Count is how many numbers the set holds.
func (s Spans) Count() uint64 {
	var n uint64
	for _, span := range s {
		n += span.Len()
	}
	return n
}

// CountIn is how many numbers of a span the set holds.
func (s Spans) CountIn(a Span) uint64 {
	var n uint64
	for i := s.search(a.First); i < len(s) && s[i].First <= a.Last; i++ {
		n += min(s[i].Last, a.Last) - max(s[i].First, a.First) + 1
	}
	return n
}

// Clone returns an independent copy.
func (s Spans) Clone() Spans { return append(Spans(nil), s...) }
