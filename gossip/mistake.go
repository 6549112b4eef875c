package gossip

// Mistake is a way in which a core is wrong on purpose, to prove that a test bed
// notices. Only tests may set one: nothing else has a way to, and a rule of the
// repository sees to it.
type Mistake uint8

// The mistakes.
const (
	NoMistake      Mistake = iota
	AckBeforeStore         // a batch is acked as it comes, whether or not it is stored
	DropOnResend           // what was sent and not acked in time is forgotten
	WrongEpoch             // acks for a former life count for this one
	NoVectorSwap           // a peer that was restarted is not asked what it has
	LoseLastBatch          // the batch after which there is nothing to send is not kept until it is acked
	AckOverGap             // an ack names all batches up to the one that arrived
	AttachCycle            // a node attaches to those that come after it, too
)

// Mistakes lists them, without NoMistake.
func Mistakes() []Mistake {
	return []Mistake{AckBeforeStore, DropOnResend, WrongEpoch, NoVectorSwap, LoseLastBatch, AckOverGap, AttachCycle}
}

// String names a mistake.
func (m Mistake) String() string {
	return [...]string{
		"none", "ack before store", "drop on re-send", "wrong epoch", "no vector swap", "lost last batch", "ack over a gap",
		"attach that makes a cycle",
	}[m]
}
