//go:build !chansdebug

package catalogue

// ownersChecked says whether enter does anything; a call under it costs nothing
// if not, also in the eyes of the compiler's inliner.
const ownersChecked = false

// roles are the two ends of a queue of which at least one is a single
// goroutine's. In builds without the tag chansdebug nothing is checked.
type roles struct{ producer, consumer owner }

// owner is who has an end.
type owner struct{}

func (owner) enter() {}

// HandOverProducer says that another goroutine puts from now on.
func (*roles) HandOverProducer() {}

// HandOverConsumer says that another goroutine takes from now on.
func (*roles) HandOverConsumer() {}
