package catalogue

// A place is a lap around the slots of a queue and the index of a slot in it,
// so that any number of slots will do, none has to stay empty, and nothing is
// divided. Laps wrap around. A place that is closed has an index beyond all
// slots.
const (
	placeClosed = 1 << 30      // an int, also where that has 32 bits
	placeLap    = 1 << 32      // one lap more
	placeSlots  = placeLap - 1 // a place with all these bits is before the first slot of the next lap

	mostPlaces = placeClosed - 1
)

// slotOf returns the index of the slot of an open place.
func slotOf(place uint64) int { return int(uint32(place)) }

// places is the number of slots.
type places int

// after returns the place that follows an open one.
func (c places) after(place uint64) uint64 {
	if slotOf(place) == int(c)-1 {
		place |= placeSlots
	}
	return place + 1
}

// add returns the place n after an open one; n is at most the number of slots.
func (c places) add(place uint64, n int) uint64 {
	if left := int(c) - slotOf(place); n >= left {
		return (place | placeSlots) + 1 + uint64(n-left)
	}
	return place + uint64(n)
}

// between returns how many places there are from one to another, which is at
// most a lap ahead.
func (c places) between(from, to uint64) int {
	n := slotOf(to) - slotOf(from)
	if from>>32 != to>>32 {
		n += int(c)
	}
	return n
}

// position returns the position of a place, closed or not, as doubled has it.
func (c places) position(place uint64) int {
	return int(place>>32&1)*int(c) + slotOf(place&^placeClosed)
}
