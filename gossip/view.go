package gossip

// View lets a test bed look into a core, to hold it to what it promises. It may
// be used where the core's own methods may be called, and changes nothing.
type View struct{ c *Core }

// View returns a look into the core.
func (c *Core) View() View { return View{c} }

// Incarnation is the core's own.
func (v View) Incarnation() uint64 { return v.c.cfg.Incarnation }

// Parent is what the core sends upwards to; empty for a root.
func (v View) Parent() string {
	if v.c.parent == nil {
		return ""
	}
	return v.c.parent.name
}

// Shown is how many lines, and spans beyond one a line, the core keeps of what a peer
// has shown it to hold.
func (v View) Shown(peer string) int {
	l := v.c.byPeer[peer]
	if l == nil {
		return 0
	}
	return l.told.size()
}

// Links calls do for every link over which entries flow, in their order. One
// whose peer does not answer begins anew when it does, with a swap of digests, so
// nothing counts as confirmed by it until then. The LinkView is valid within the
// call.
func (v View) Links(do func(LinkView)) {
	if !v.c.scheme.confirms() {
		return
	}
	for _, l := range v.c.links {
		if (l.role == Parent || l.role == Child) && l.state != unreachable {
			do(LinkView{l})
		}
	}
}

// LinkView is a look at one link.
type LinkView struct{ l *link }

// Peer is the other end.
func (v LinkView) Peer() string { return v.l.name }

// Incarnation is that of the peer that the link is with; 0: none was met yet.
func (v LinkView) Incarnation() uint64 { return v.l.incarnation }

// Confirmed calls do for the stretches from..to-1 of the log, in rising order,
// whose entries the link will not send any more, as the peer has said that it
// has them: by its acks, its digest, or by sending them itself.
func (v LinkView) Confirmed(do func(from, to int)) {
	var open []segment // what is not confirmed below the cursor
	open = append(append(open, v.l.resend...), v.l.silent.parts...)
	for _, f := range v.l.inflight {
		open = append(open, f.parts...)
	}
	if v.l.exchange.owed {
		open = append(open, segment{from: 0, to: v.l.base})
	}
	for at := 0; at < v.l.cursor; {
		// The first open stretch that ends behind at.
		next := segment{from: v.l.cursor, to: v.l.cursor}
		for _, s := range open {
			if s.to > at && s.from < s.to && s.from < next.from {
				next = s
			}
		}
		if from := min(next.from, v.l.cursor); from > at {
			do(at, from)
		}
		at = max(at, next.to)
	}
}
