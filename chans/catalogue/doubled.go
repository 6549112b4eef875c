package catalogue

import "math"

// doubled is the number of slots of a ring whose positions count from 0 to
// twice that less 1, and then from 0 again. So the ring is empty when front and
// back are equal and full when they are one round apart: no slot has to stay
// empty to tell the two, any number of slots will do, and nothing is divided.
type doubled int

// largestRing leaves room in a word for twice the slots and two flags.
const largestRing = min(1<<40, math.MaxInt/4)

// slot returns the index of the slot of a position.
func (c doubled) slot(position int) int {
	if position >= int(c) {
		return position - int(c)
	}
	return position
}

// add returns the position n after one; n is at most the number of slots.
func (c doubled) add(position, n int) int {
	if position += n; position >= 2*int(c) {
		return position - 2*int(c)
	}
	return position
}

// between returns how many items there are from front to back.
func (c doubled) between(front, back int) int {
	if back < front {
		return back - front + 2*int(c)
	}
	return back - front
}

// copyIn copies items, for all of which there is room, into the slots from a
// position on.
func copyIn[T any](slots []T, position int, items []T) {
	n := copy(slots[doubled(len(slots)).slot(position):], items)
	copy(slots, items[n:])
}

// moveOut fills buf from the slots from a position on, and wipes those.
func moveOut[T any](slots []T, position int, buf []T) {
	n := copy(buf, slots[doubled(len(slots)).slot(position):])
	copy(buf[n:], slots)
	wipe(slots, position, len(buf))
}

// wipe clears n slots from a position on.
func wipe[T any](slots []T, position, n int) {
	first := slots[doubled(len(slots)).slot(position):]
	if n <= len(first) {
		clear(first[:n])
		return
	}
	clear(first)
	clear(slots[:n-len(first)])
}

// lengthTries is how often length looks again while others work.
const lengthTries = 4

// length returns how many items there are, for a goroutine that is neither
// side: read gives the front first and then the back. If the front has not
// moved meanwhile the number was true; else it is within 0 and the capacity.
func (c doubled) length(read func() (front, back int)) int {
	n := 0
	front, back := read()
	for range lengthTries {
		n = c.between(front, back)
		again, last := read()
		if again == front {
			break
		}
		front, back = again, last
	}
	return min(n, int(c))
}
