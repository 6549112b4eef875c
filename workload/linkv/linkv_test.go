package linkv

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/run"
	"treecast/workload"
	"treecast/workload/workloadtest"
)

func nodes(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprint("n", i))
	}
	return out
}

func TestAccepts_refusesWhatMaelstromCannotDo(t *testing.T) {
	require.NoError(t, accepts(workload.Options{Nodes: nodes(5), Concurrency: 20}))
	require.NoError(t, accepts(workload.Options{Nodes: nodes(10), Concurrency: 20}))
	require.ErrorContains(t, accepts(workload.Options{Nodes: nodes(5), Concurrency: 5}), "multiple of 10 workers")
	require.ErrorContains(t, accepts(workload.Options{Nodes: nodes(11), Concurrency: 22}), "never begins")
}

func TestClient_speaksAsMaelstromsDoes(t *testing.T) {
	for _, c := range []struct {
		op             workload.Op
		request, reply string
		want           workload.Completion
	}{
		{workload.Op{F: fRead, Value: []byte(`[3,null]`)}, `{"type":"read","key":3,"msg_id":1}`, `{"type":"read_ok","in_reply_to":1,"value":4}`,
			workload.Completion{Type: run.OK, Value: []byte(`[3,4]`)}},
		{workload.Op{F: fRead, Value: []byte(`[3,null]`)}, `{"type":"read","key":3,"msg_id":1}`, `{"type":"error","code":20,"text":"key does not exist","in_reply_to":1}`,
			workload.Completion{Type: run.Fail, Value: []byte(`[3,null]`), Error: &run.OpError{Name: "key-does-not-exist", Text: "key does not exist"}}},
		{workload.Op{F: fRead, Value: []byte(`[3,null]`)}, `{"type":"read","key":3,"msg_id":1}`, ``,
			workload.Completion{Type: run.Fail, Value: []byte(`[3,null]`), Error: &run.OpError{Name: "net-timeout"}}},
		{workload.Op{F: fWrite, Value: []byte(`[3,1]`)}, `{"type":"write","key":3,"value":1,"msg_id":1}`, `{"type":"write_ok","in_reply_to":1}`,
			workload.Completion{Type: run.OK, Value: []byte(`[3,1]`)}},
		{workload.Op{F: fWrite, Value: []byte(`[3,1]`)}, `{"type":"write","key":3,"value":1,"msg_id":1}`, ``,
			workload.Completion{Type: run.Info, Value: []byte(`[3,1]`), Error: &run.OpError{Name: "net-timeout"}}},
		{workload.Op{F: fCAS, Value: []byte(`[3,[1,2]]`)}, `{"type":"cas","key":3,"from":1,"to":2,"msg_id":1}`, `{"type":"cas_ok","in_reply_to":1}`,
			workload.Completion{Type: run.OK, Value: []byte(`[3,[1,2]]`)}},
		{workload.Op{F: fCAS, Value: []byte(`[3,[1,2]]`)}, `{"type":"cas","key":3,"from":1,"to":2,"msg_id":1}`, `{"type":"error","code":22,"text":"no","in_reply_to":1}`,
			workload.Completion{Type: run.Fail, Value: []byte(`[3,[1,2]]`), Error: &run.OpError{Name: "precondition-failed", Text: "no"}}},
	} {
		client := Workload.Client(workload.Options{})
		require.Equal(t, time.Second, client.Begin(c.op).Request.Timeout)
		requests, done := workloadtest.Talk(client, c.op, c.reply)
		require.Equal(t, []string{c.request}, requests)
		require.Equal(t, c.want, done)
	}
	slow := Workload.Client(workload.Options{Latency: 300 * time.Millisecond})
	require.Equal(t, 3*time.Second, slow.Begin(workload.Op{F: fRead, Value: []byte(`[3,null]`)}).Request.Timeout)
	_, done := workloadtest.Talk(slow, workload.Op{F: fWrite, Value: []byte(`[3,1]`)}, `{"type":"write_ok","in_reply_to":1,"value":1}`)
	require.Equal(t, "indeterminate", done.Error.Name)
}

func TestGenerator_readersAndKeysAreThoseOfGroups(t *testing.T) {
	const n = 2
	o := workload.Options{Nodes: nodes(n), Concurrency: 4 * n}
	g, workers := newGenerator(o), workloadtest.NewWorkers(4*n, 1)
	counts, keys := map[string]int{}, map[int]string{}
	for range 6000 {
		worker, op := g.Next(0, workers, workers.Rng)
		key, _ := split(op.Value)
		group := worker / (2 * n)
		if keys[group] == "" {
			keys[group] = string(key)
		}
		require.Equal(t, keys[group], string(key), "each group has its key")
		require.Equal(t, worker < n, op.F == fRead, "only the first workers read")
		counts[op.F]++
	}
	require.NotEqual(t, keys[0], keys[1])
	require.InDelta(t, 1500, counts[fRead], 150)
	require.InDelta(t, 1500, counts[fWrite], 150)
	require.InDelta(t, 3000, counts[fCAS], 150)
}

func TestGenerator_keyIsUsedByTwentyProcesses(t *testing.T) {
	o := workload.Options{Nodes: nodes(5), Concurrency: 10}
	g, workers := newGenerator(o), workloadtest.NewWorkers(10, 1)
	key := func() string {
		_, op := g.Next(0, workers, workers.Rng)
		key, _ := split(op.Value)
		return string(key)
	}
	require.Equal(t, "0", key())
	for i := range 10 {
		require.Equal(t, "0", key())
		workers.Crash(i)
	}
	require.Equal(t, "0", key(), "these are twenty")
	workers.Crash(0)
	require.Equal(t, "1", key())
	for i := range 9 {
		workers.Busy[i] = true
	}
	worker, op := g.Next(0, workers, workers.Rng)
	require.Equal(t, 9, worker)
	require.NotEqual(t, fRead, op.F)
}

func judge(text string) workload.Verdict {
	return check(workloadtest.History(text), workload.Input{Options: workload.Options{Nodes: nodes(1)}})
}

func TestCheck_registersAreLinearizableOrNot(t *testing.T) {
	for _, c := range []struct {
		name  string
		valid run.Verdict
		kinds int
		text  string
	}{
		{"right", run.Valid, 0, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke cas [0,[1,2]]
			1 ok cas [0,[1,2]]
			0 invoke read [0,null]
			0 ok read [0,2]`},
		{"a stale read", run.Invalid, 0, `
			0 invoke write [0,1]
			0 ok write [0,1]
			0 invoke write [0,2]
			0 ok write [0,2]
			1 invoke read [0,null]
			1 ok read [0,1]`},
		{"another key is another register", run.Valid, 0, `
			0 invoke write [0,1]
			0 ok write [0,1]
			0 invoke write [1,2]
			0 ok write [1,2]
			1 invoke read [0,null]
			1 ok read [0,1]`},
		{"concurrent operations may be in any order", run.Valid, 0, `
			0 invoke write [0,1]
			1 invoke read [0,null]
			1 ok read [0,1]
			0 ok write [0,1]`},
		{"an open write happens when it likes", run.Valid, 0, `
			0 invoke write [0,1]
			0 info write [0,1] error=net-timeout
			1 invoke write [0,2]
			1 ok write [0,2]
			1 invoke read [0,null]
			1 ok read [0,1]`},
		{"but only once", run.Invalid, 0, `
			0 invoke write [0,1]
			0 info write [0,1] error=net-timeout
			1 invoke read [0,null]
			1 ok read [0,1]
			1 invoke write [0,2]
			1 ok write [0,2]
			1 invoke read [0,null]
			1 ok read [0,1]`},
		{"an open cas may not have happened", run.Valid, 0, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke cas [0,[1,2]]
			1 info cas [0,[1,2]] error=net-timeout
			0 invoke read [0,null]
			0 ok read [0,1]`},
		{"a cas from another value", run.Invalid, 0, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke cas [0,[3,2]]
			1 ok cas [0,[3,2]]`},
		{"null says nothing to Knossos", run.Valid, 1, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke read [0,null]
			1 ok read [0,null]`},
		{"nor does an absent key", run.Valid, 1, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke read [0,null]
			1 fail read [0,null] error=key-does-not-exist`},
		{"a cas of an absent key neither", run.Valid, 1, `
			0 invoke write [0,1]
			0 ok write [0,1]
			1 invoke cas [0,[1,2]]
			1 fail cas [0,[1,2]] error=key-does-not-exist`},
		{"what is absent at first may be read so", run.Valid, 0, `
			1 invoke read [0,null]
			1 ok read [0,null]
			1 invoke read [0,null]
			1 fail read [0,null] error=key-does-not-exist
			0 invoke write [0,1]
			0 ok write [0,1]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := judge(c.text)
			require.Equal(t, c.valid, v.Maelstrom.Valid)
			require.Len(t, v.Findings, c.kinds)
			require.Equal(t, c.valid == run.Invalid, v.Why != "")
			shown := views(workloadtest.History(c.text), v, workload.Input{})
			require.Equal(t, c.valid == run.Invalid || c.kinds > 0, len(shown) == 1)
		})
	}
}

func TestCheck_namesTheOperationThatNothingExplains(t *testing.T) {
	v := judge(`
		0 invoke write [7,1]
		0 ok write [7,1]
		1 invoke read [7,null]
		1 ok read [7,2]
		0 invoke write [7,2]
		0 ok write [7,2]`)
	require.Contains(t, v.Why, "key 7 is not linearizable: after write 1 by process 0 at 200ms (operation 1) nothing explains read 2 by process 1 at 400ms (operation 3)")
	require.Equal(t, run.Vector{run.Value("7")}, v.Maelstrom.Figures.Get("failures"))
}

// Histories of a real register, with operations that overlap and some that stay
// open, are linearizable.
func TestCheck_acceptsEveryHistoryOfARegister(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state := "null"
		var h run.History
		type pending struct {
			op   run.Op
			done *run.Op
		}
		open := map[int]*pending{}
		add := func(op run.Op) {
			op.Index = len(h)
			h = append(h, op)
		}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			process := rapid.IntRange(0, 3).Draw(t, "process")
			p := open[process]
			switch {
			case p == nil:
				f := rapid.SampledFrom([]string{fRead, fWrite, fCAS}).Draw(t, "f")
				a, b := rapid.IntRange(0, 2).Draw(t, "a"), rapid.IntRange(0, 2).Draw(t, "b")
				value := map[string]string{fRead: "[0,null]", fWrite: fmt.Sprintf("[0,%d]", a), fCAS: fmt.Sprintf("[0,[%d,%d]]", a, b)}[f]
				open[process] = &pending{op: run.Op{Type: run.Invoke, Process: process, F: f, Value: []byte(value)}}
				add(open[process].op)
			case p.done == nil: // it happens now
				done := p.op
				done.Type = run.OK
				_, value := split(p.op.Value)
				switch p.op.F {
				case fRead:
					done.Value = []byte("[0," + state + "]")
				case fWrite:
					state = string(value)
				case fCAS:
					from, to := split(value)
					if state == string(from) {
						state = string(to)
					} else {
						done.Type, done.Error = run.Fail, &run.OpError{Name: "precondition-failed"}
						if state == "null" {
							done.Error.Name = "key-does-not-exist"
						}
					}
				}
				if rapid.IntRange(0, 5).Draw(t, "lost") == 0 && done.Type == run.OK && p.op.F != fRead {
					done.Type, done.Error = run.Info, &run.OpError{Name: "net-timeout"}
				}
				p.done = &done
			default:
				add(*p.done)
				delete(open, process)
			}
		}
		v := check(h, workload.Input{})
		require.Equal(t, run.Valid, v.Maelstrom.Valid)
		require.Empty(t, v.Findings)
	})
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte("{:index 0, :type :invoke, :process 0, :f :cas, :value [0 [1 2]]}\n{:index 1, :type :ok, :process 0, :f :cas, :value [0 [1 2]]}"))
	f.Add([]byte("{:type :invoke, :f :read, :value 7}\n{:type :ok, :f :read, :value [[] {}]}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := run.ReadHistoryEDN(strings.NewReader(string(text)))
		if err != nil || len(h) > 40 {
			return
		}
		for i := range h {
			h[i].Index = i
		}
		v := check(h, workload.Input{})
		require.Contains(t, []run.Verdict{run.Valid, run.Invalid, run.Unknown}, v.Maelstrom.Valid)
		views(h, v, workload.Input{})
	})
}

// Whatever is left of the time, evidence is found or given up.
func TestCulprit_endsWithoutTimeLeft(t *testing.T) {
	h, err := run.ReadHistoryEDN(strings.NewReader(`{:index 0, :time 1, :type :invoke, :process 0, :f :write, :value [0 1]}
{:index 1, :time 2, :type :ok, :process 0, :f :write, :value [0 1]}
{:index 2, :time 3, :type :invoke, :process 0, :f :read, :value [0 nil]}
{:index 3, :time 4, :type :ok, :process 0, :f :read, :value [0 2]}
{:index 4, :time 5, :type :invoke, :process 0, :f :write, :value [0 3]}
{:index 5, :time 6, :type :ok, :process 0, :f :write, :value [0 3]}
`))
	require.NoError(t, err)
	r := registers(h, false)[0]
	wrong, previous := r.culprit(&patience{allLimit})
	require.Equal(t, []int{3, 1}, []int{wrong.Index, previous.Index})
	spent := patience{-time.Hour}
	wrong, _ = r.culprit(&spent)
	require.GreaterOrEqual(t, wrong.Index, 3)
}

// What the time did not suffice for is said, and makes no finding.
func TestStrict_saysWhatItDidNotDecide(t *testing.T) {
	var h run.History
	for p := range 24 { // writes and reads that are all under way at once
		value := fmt.Sprintf("[0,%d]", p)
		h = append(h, run.Op{Index: len(h), Time: 1, Type: run.Invoke, Process: p, F: fWrite, Value: []byte(value)})
	}
	for p := range 24 {
		h = append(h, run.Op{Index: len(h), Time: 1, Type: run.Invoke, Process: 100 + p, F: fRead, Value: []byte("[0,null]")})
	}
	for p := range 24 {
		h = append(h, run.Op{Index: len(h), Time: 2, Type: run.OK, Process: 100 + p, F: fRead, Value: []byte(fmt.Sprintf("[0,%d]", (p*7)%24))})
	}
	for p := range 24 {
		h = append(h, run.Op{Index: len(h), Time: 3, Type: run.OK, Process: p, F: fWrite, Value: []byte(fmt.Sprintf("[0,%d]", p))})
	}
	// One read too many: no order holds it, and to know that takes for ever.
	h = append(h, run.Op{Index: len(h), Time: 4, Type: run.Invoke, Process: 200, F: fRead, Value: []byte("[0,null]")})
	h = append(h, run.Op{Index: len(h), Time: 5, Type: run.OK, Process: 200, F: fRead, Value: []byte("[0,99]")})
	findings, undecided := strict(h, workload.Input{}, time.Millisecond)
	require.Equal(t, []string{"0"}, undecided)
	require.Empty(t, findings)
}

// However many keys have taken too long before, the next one's search ends.
func TestShare_isNeverWithoutEnd(t *testing.T) {
	left := allLimit
	for range 1000 {
		limit := share(left)
		require.Positive(t, limit)
		require.LessOrEqual(t, limit, keyLimit)
		left -= limit
	}
	require.Greater(t, left, -time.Second)
}
