package txn

// budget bounds the work of one search.
type budget struct {
	steps int         // what is left
	late  func() bool // asked now and then whether time is up; nil is never
	over  bool
}

// lateEvery is how many steps may pass before the clock is read.
const lateEvery = 1 << 14

// unbounded is for searches that take linear time.
func unbounded() *budget { return &budget{steps: int(^uint(0) >> 1)} }

// bounded is for searches that may take longer.
func (c *component) bounded() *budget {
	return &budget{steps: c.steps, late: c.late, over: c.late != nil && c.late()}
}

// spend takes steps from the budget. It is false when nothing is left.
func (b *budget) spend(steps int) bool {
	if b.over {
		return false
	}
	before := b.steps
	b.steps -= steps
	if b.steps < 0 || b.late != nil && before/lateEvery != b.steps/lateEvery && b.late() {
		b.over = true
	}
	return !b.over
}
