package txn

// addProcesses adds an edge between consecutive OK transactions of a process.
func (p *prepared) addProcesses(g *graphBuilder) error {
	last := map[int]int32{}
	for vertex := range int32(len(p.opOf)) {
		if op := p.op(vertex); op.Type == OK {
			if before, ok := last[op.Process]; ok {
				g.add(before, vertex, Process)
			}
			last[op.Process] = vertex
		}
	}
	return g.full()
}

// addRealtime adds an edge from each OK transaction to those that were invoked
// when it was done, unless another leads there: what a transaction that is done
// came after is dropped from those that later ones come after. Unknown and
// failed transactions come after others, but none after them.
func (p *prepared) addRealtime(g *graphBuilder) error {
	var done []int32                     // vertices that nothing done came after
	came := make([][]int32, len(p.opOf)) // per vertex that is not done: what it comes after
	dropped := make([]bool, len(p.opOf))
	for i := range p.ops {
		if p.ops[i].Type == Invoke {
			if to := p.completion[i]; to >= 0 {
				came[to] = append([]int32(nil), done...)
				for _, from := range done {
					g.add(from, to, Realtime)
				}
				if err := g.full(); err != nil {
					return err
				}
			}
			continue
		}
		vertex := p.vertex[i]
		if p.ops[i].Type == OK {
			for _, before := range came[vertex] {
				dropped[before] = true
			}
			kept := done[:0]
			for _, v := range done {
				if !dropped[v] {
					kept = append(kept, v)
				}
			}
			done = append(kept, vertex)
		}
		came[vertex] = nil
	}
	return nil
}
