//go:build !chansdebug

package catalogue

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
