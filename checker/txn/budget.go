package txn

// pool bounds the work of all searches in a history that may take more than
// linear time.
type pool struct {
	steps int         // what is left, in edges looked at
	most  int         // what one search may take of it
	late  func() bool // whether time is up; nil is never
}

func newPool(o Options) *pool {
	p := &pool{steps: o.MaxSteps}
	if p.steps == 0 {
		p.steps = DefaultMaxSteps
	}
	p.most = p.steps/searchShare + 1
	if o.Clock != nil && o.Timeout > 0 {
		end := o.Clock() + o.Timeout
		p.late = func() bool { return o.Clock() > end }
	}
	return p
}

// searchShare is the share of all steps that one search may take at most, so
// that a hard one leaves something for others.
const searchShare = 8

// budget bounds the work of one search.
type budget struct {
	pool  *pool // nil is unbounded
	steps int   // what is left
	over  bool
}

// lateEvery is how many steps may pass before the clock is read.
const lateEvery = 1 << 14

// unbounded is for searches that take linear time.
func unbounded() *budget { return &budget{} }

// bounded is for searches that may take longer.
func (p *pool) bounded() *budget {
	return &budget{pool: p, steps: min(p.most, p.steps), over: p.late != nil && p.late()}
}

// spend takes steps from the budget. It is false when nothing is left.
func (b *budget) spend(steps int) bool {
	if b.pool == nil || b.over {
		return !b.over
	}
	before := b.steps
	b.steps -= steps
	b.pool.steps -= steps
	if b.steps < 0 || b.pool.late != nil && before/lateEvery != b.steps/lateEvery && b.pool.late() {
		b.over = true
	}
	return !b.over
}
