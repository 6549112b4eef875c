package inspect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Source is what is shown. Its methods may be called from any goroutine.
type Source interface {
	Health() []byte  // a JSON object
	History() []byte // CSV, with a header
}

// page makes what a request asks for.
type page struct {
	src    Source
	closed <-chan struct{}
	extend func(time.Duration) // the answer takes so much longer
}

const (
	plain = "text/plain"
	asCSV = "text/csv"
)

const index = `treecast, one node

/metrics             figures for Prometheus
/debug/vars          the same as JSON, as package expvar has it
/queues.csv          depths and rates of the queues in the last minutes, one line a second
/debug/pprof/        Go's profiles: go tool pprof http://HOST:PORT/debug/pprof/heap, or profile?seconds=10
`

// make returns a page and its type. The error says what there is instead.
func (p *page) make(path *url.URL) (kind string, body []byte, err error) {
	switch path.Path {
	case "/", "":
		return plain, []byte(index), nil
	case "/metrics":
		return plain, metrics(p.src.Health()), nil
	case "/debug/vars":
		return "application/json", vars(p.src.Health()), nil
	case "/queues.csv":
		return asCSV, p.src.History(), nil
	}
	if name, ok := strings.CutPrefix(path.Path, "/debug/pprof/"); ok {
		return p.profile(name, path.Query())
	}
	return "", nil, fmt.Errorf("there is no %s here\n\n%s", path.Path, index)
}

// profile makes one of Go's profiles.
func (p *page) profile(name string, query url.Values) (kind string, body []byte, err error) {
	var b bytes.Buffer
	switch name {
	case "":
		for _, profile := range pprof.Profiles() {
			fmt.Fprintf(&b, "%s  %d\n", profile.Name(), profile.Count())
		}
		fmt.Fprintf(&b, "profile?seconds=N  where the processor's time goes\n")
		return plain, b.Bytes(), nil
	case "profile":
		seconds, err := strconv.Atoi(query.Get("seconds"))
		if err != nil || seconds < 1 || seconds > 300 {
			seconds = 10
		}
		p.extend(time.Duration(seconds) * time.Second)
		if err := pprof.StartCPUProfile(&b); err != nil {
			return "", nil, fmt.Errorf("no profile of the processor: %w", err)
		}
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-p.closed:
		}
		pprof.StopCPUProfile()
		return "application/octet-stream", b.Bytes(), nil
	case "cmdline":
		return plain, []byte(strings.Join(os.Args, "\x00")), nil
	}
	profile := pprof.Lookup(name)
	if profile == nil {
		return "", nil, fmt.Errorf("there is no profile called %q", name)
	}
	if name == "heap" && query.Get("gc") != "" {
		runtime.GC()
	}
	debug, _ := strconv.Atoi(query.Get("debug"))
	if err := profile.WriteTo(&b, debug); err != nil {
		return "", nil, err
	}
	if debug > 0 {
		return plain, b.Bytes(), nil
	}
	return "application/octet-stream", b.Bytes(), nil
}

// vars is what package expvar would show.
func vars(health []byte) []byte {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	text, err := json.MarshalIndent(map[string]any{
		"cmdline": os.Args, "memstats": memory, "goroutines": runtime.NumGoroutine(), "treecast": json.RawMessage(health),
	}, "", "  ")
	if err != nil { // the health is no JSON
		return []byte(`{"error":` + strconv.Quote(err.Error()) + "}\n")
	}
	return append(text, '\n')
}

// metrics turns every number of a node's health into a line of Prometheus'
// text: treecast_gossip_resends 3, and of what is listed by name
// treecast_queues_depth{name="intake"} 0.
func metrics(health []byte) []byte {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	lines := map[string][]string{}
	var all any
	if json.Unmarshal(health, &all) == nil {
		flatten(lines, "treecast", "", all)
	}
	for name, n := range map[string]float64{
		"go_goroutines": float64(runtime.NumGoroutine()), "go_memstats_heap_alloc_bytes": float64(memory.HeapAlloc),
		"go_memstats_sys_bytes": float64(memory.Sys), "go_gc_cycles_total": float64(memory.NumGC),
	} {
		flatten(lines, name, "", n)
	}
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		fmt.Fprintf(&b, "# TYPE %s untyped\n", name)
		for _, line := range lines[name] {
			b.WriteString(line)
		}
	}
	return b.Bytes()
}

// flatten adds the numbers in a value under a name.
func flatten(lines map[string][]string, name, labels string, value any) {
	switch v := value.(type) {
	case float64:
		lines[name] = append(lines[name], name+labels+" "+strconv.FormatFloat(v, 'g', -1, 64)+"\n")
	case bool:
		n := 0.0
		if v {
			n = 1
		}
		flatten(lines, name, labels, n)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			flatten(lines, name+"_"+metricName(key), labels, v[key])
		}
	case []any:
		for _, item := range v {
			if fields, ok := item.(map[string]any); ok {
				called, _ := fields["name"].(string)
				flatten(lines, name, `{name="`+labelText.Replace(called)+`"}`, fields)
			}
		}
	}
}

// metricName is a key as it may stand in the name of a metric.
func metricName(key string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == ':' {
			return r
		}
		return '_'
	}, key)
}

// labelText escapes the value of a label as Prometheus' text format has it.
var labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
