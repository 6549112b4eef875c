package gossip

import "container/heap"

// deadlines is a heap of links by the time at which each wants to act, ties
// in the order of the links. A link that wants nothing is not in it.
type deadlines []*link

func (d deadlines) Len() int { return len(d) }
func (d deadlines) Less(i, j int) bool {
	if d[i].wake != d[j].wake {
		return d[i].wake < d[j].wake
	}
	return d[i].order < d[j].order
}
func (d deadlines) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].slot, d[j].slot = i, j
}
func (d *deadlines) Push(x any) {
	l := x.(*link)
	l.slot = len(*d)
	*d = append(*d, l)
}
func (d *deadlines) Pop() any {
	old := *d
	l := old[len(old)-1]
	old[len(old)-1] = nil
	*d = old[:len(old)-1]
	l.slot = -1
	return l
}

// set moves a link to where its deadline belongs.
func (d *deadlines) set(l *link) {
	wake := l.deadline()
	switch {
	case wake == l.wake:
		return
	case wake == Never:
		heap.Remove(d, l.slot)
		l.wake = Never
	case l.slot < 0:
		l.wake = wake
		heap.Push(d, l)
	default:
		l.wake = wake
		heap.Fix(d, l.slot)
	}
}
