package network

// senders is a set of sender numbers, one bit each. A receiver without a
// partition has an empty one, which costs nothing to ask.
type senders []uint64

func (s *senders) add(i int) {
	for len(*s) <= i/64 {
		*s = append(*s, 0)
	}
	(*s)[i/64] |= 1 << (i % 64)
}

func (s senders) has(i int) bool {
	return i/64 < len(s) && s[i/64]&(1<<(i%64)) != 0
}

// Cut makes receiver refuse what comes from sender, until Heal. Cuts add up
// and go one way. A message is refused when its receiver takes it from the
// queue: one that is already being held for its deadline still arrives. Names
// that were never added are remembered.
func (n *Network) Cut(receiver, sender string) {
	r := n.intern(receiver)
	if len(r.refused) == 0 {
		n.cuts = append(n.cuts, r)
	}
	r.refused.add(n.intern(sender).number)
}

// Heal removes every cut.
func (n *Network) Heal() {
	for _, r := range n.cuts {
		r.refused = r.refused[:0]
	}
	n.cuts = n.cuts[:0]
}

// Partitioned says whether any cut stands.
func (n *Network) Partitioned() bool { return len(n.cuts) > 0 }
