package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
)

// outcome is the part of a run's results.json that is shown here.
type outcome struct {
	Valid  any `json:"valid"`
	Strict struct {
		Valid any `json:"valid"`
	} `json:"strict"`
	Net struct {
		Servers struct {
			PerOp float64 `json:"msgs_per_op"`
		} `json:"servers"`
	} `json:"net"`
	Workload struct {
		SetFull struct {
			Lost      int `json:"lost_count"`
			Latencies struct {
				Median float64 `json:"0.5"`
				Max    float64 `json:"1"`
			} `json:"stable_latencies_ms"`
		} `json:"set_full"`
	} `json:"workload"`
	Challenges []struct {
		Name   string `json:"name"`
		Passed bool   `json:"passed"`
	} `json:"challenges"`
	Overwhelmed []struct{} `json:"overwhelmed"`
	Tables      []struct {
		Name    string   `json:"name"`
		Columns []string `json:"columns"`
		Rows    [][]any  `json:"rows"`
	} `json:"tables"`
}

// total adds up a column of the nodes' health; worst is its largest.
func (o *outcome) total(column string) (sum, worst float64) {
	for _, t := range o.Tables {
		for i, name := range t.Columns {
			if t.Name != "health" || name != column {
				continue
			}
			for _, row := range t.Rows {
				if n, ok := row[i].(float64); ok {
					sum, worst = sum+n, max(worst, n)
				}
			}
		}
	}
	return sum, worst
}

// setting is one run of the challenge.
type setting struct {
	name  string
	fault string
	hogs  int
}

// challenge runs Fly.io's 3d in a healthy cluster, and beside hogs of the
// processor.
func challenge(o *options) (string, error) {
	return challenges(o, "25 nodes at 100 operations/s", []setting{
		{name: "undisturbed"}, {name: "with back-pressure off", fault: "off"}, {name: "beside hogs", hogs: 4},
	})
}

// crashes runs 3d with each service in turn crashing at random, until the last
// reads are near.
func crashes(o *options) (string, error) {
	var all []setting
	for _, s := range services {
		all = append(all, setting{name: s + " crashes", fault: s + ":panic-every=500ms@1s+24s"})
	}
	return challenges(o, "25 nodes at 100 operations/s whose services crash", all)
}

func challenges(o *options, title string, all []setting) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n", title)
	b.WriteString("Challenge 3d as `treecast test -w broadcast --node-count 25 --time-limit 20 --rate 100 --latency 100` has it.\nOf the nodes' health, asked once a second: the longest unhealthy time, and sums over all nodes. Crashing: every\n250 to 750 ms (if there is anything to do), on every node, from 1 s to 25 s. The hogs are four busy loops at the nodes' own priority.\n\n")
	b.WriteString("| run | valid | strict | 3d | msgs/op | stable median, max, ms | unhealthy, ms | permits revoked | rejected | crashes | unusual events | times overwhelmed |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for i, s := range all {
		fmt.Fprintf(os.Stderr, "3d, %s ...\n", s.name)
		args := []string{"test", "-w", "broadcast", "--node-count", "25", "--time-limit", "20", "--rate", "100", "--latency", "100",
			"--json", "--seed", fmt.Sprint(i + 1), "--store", filepath.Join(o.work, "store")}
		switch {
		case s.fault == "off":
			args = append(append(args, "--"), off...)
		case s.fault != "":
			args = append(args, "--", "--inject", s.fault)
		}
		stop := hog(s.hogs)
		text, err := exec.Command(o.bin, args...).Output()
		stop()
		var r outcome
		if bad := json.Unmarshal(text, &r); bad != nil {
			return "", fmt.Errorf("%s: %w, %w", s.name, err, bad)
		}
		passed := "-"
		for _, c := range r.Challenges {
			if c.Name == "3d" {
				passed = fmt.Sprint(c.Passed)
			}
		}
		_, unhealthy := r.total("worst_unhealthy_ms")
		sum := func(column string) float64 { n, _ := r.total(column); return n }
		l := r.Workload.SetFull.Latencies
		fmt.Fprintf(&b, "| %s | %v | %v | %s | %.2f | %.0f, %.0f | %.0f | %.0f | %.0f | %.0f | %.0f | %d |\n", s.name, r.Valid, r.Strict.Valid, passed,
			r.Net.Servers.PerOp, l.Median, l.Max, unhealthy, sum("permits_revoked"), sum("rejected"), sum("service_crashes"), sum("unusual_events"), len(r.Overwhelmed))
	}
	return b.String(), nil
}

// hog keeps so many threads busy until the function it returns is called.
func hog(threads int) (stop func()) {
	var over atomic.Bool
	before := runtime.GOMAXPROCS(runtime.NumCPU() + threads)
	for range threads {
		go func() {
			for n := 0; !over.Load(); n++ {
			}
		}()
	}
	return func() { over.Store(true); runtime.GOMAXPROCS(before) }
}
