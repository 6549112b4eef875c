//go:build browser

package browser

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"treecast/report/page"
	"treecast/run"
)

var sections = []string{"verdict", "latency", "convergence", "traffic", "queues", "diagram", "tree", "about"}

func TestThePageIsQuietAndWhole(t *testing.T) {
	v := open(t, healthy(t))
	for _, id := range sections {
		require.Greater(t, eval[float64](t, v, fmt.Sprintf("document.getElementById(%q).getBoundingClientRect().height", id)), 60.0, id)
	}
	for _, id := range []string{"latency-0", "latency-1", "delivery", "distribution", "messages", "bytes", "per-node", "per-link", "lamport", "tree-drawing", "link-states"} {
		require.Greater(t, eval[float64](t, v, fmt.Sprintf("document.getElementById(%q).getBoundingClientRect().width", id)), 300.0, id)
		require.NotEmpty(t, eval[string](t, v, fmt.Sprintf("document.getElementById(%q).getAttribute('aria-label')", id)), id)
	}
	require.False(t, eval[bool](t, v, "document.getElementById('controls').hidden"))
	require.Equal(t, 1, eval[int](t, v, "document.querySelectorAll('h1').length"))
	require.Zero(t, eval[int](t, v, "[...document.querySelectorAll('[id]')].filter((e, i, all) => all.findIndex((o) => o.id === e.id) !== i).length"), "ids are unique")
	require.Zero(t, eval[int](t, v, "[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length).length"), "every control has a label")
	v.quiet(t)
}

func TestWithoutAScriptEverythingIsThereToRead(t *testing.T) {
	v := open(t, healthy(t), withoutScript())
	var nodes []*cdp.Node
	v.do(t, chromedp.Nodes("svg.chart", &nodes, chromedp.ByQueryAll))
	require.GreaterOrEqual(t, len(nodes), 11)
	for _, id := range sections {
		v.do(t, chromedp.WaitVisible("#"+id+"-h"))
	}
	for _, selector := range []string{"#lamport .msg", "#lamport .knows", "#tree-links .link", "#messages .bar", ".slow tbody tr", "#latency-0 .dot path"} {
		v.do(t, chromedp.Nodes(selector, &nodes, chromedp.ByQueryAll))
		require.NotEmpty(t, nodes, selector)
	}
	v.do(t, chromedp.WaitNotVisible("#controls"), chromedp.WaitNotVisible("#moments"), chromedp.WaitNotVisible("#theme"))
	v.quiet(t)
}

// tip is what the page says about what is pointed at; empty for nothing.
func tip(t *testing.T, v *visit) string {
	return eval[string](t, v, "document.getElementById('tip').hidden ? '' : document.getElementById('tip').textContent")
}

// show scrolls to an element, and waits until that is done and told.
func show(t *testing.T, v *visit, element string) {
	t.Helper()
	var done bool
	v.do(t, chromedp.Evaluate(`new Promise((done) => { `+element+`.scrollIntoView({block: 'center', behavior: 'instant'});
		requestAnimationFrame(() => requestAnimationFrame(() => done(true))); })`, &done,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
}

// point moves the mouse to the middle of an element.
func point(t *testing.T, v *visit, element string) {
	t.Helper()
	show(t, v, element)
	at := eval[[]float64](t, v, "(() => { const b = "+element+".getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()")
	v.do(t, chromedp.MouseEvent(input.MouseMoved, at[0], at[1]))
}

func TestTipsSayWhatIsPointedAt(t *testing.T) {
	v := open(t, healthy(t))
	require.Empty(t, tip(t, v))
	point(t, v, "document.querySelector('#per-node .bar')")
	require.Regexp(t, `^n0 sent \d+ messages`, tip(t, v))
	point(t, v, "document.querySelector('h1')")
	require.Empty(t, tip(t, v))
	point(t, v, "document.querySelector('#tree-nodes circle')")
	require.Equal(t, "n0, depth 0", tip(t, v))
	// A mark of the scatter plots, which are one path.
	show(t, v, "document.getElementById('latency-0')")
	p := eval[[]float64](t, v, `(() => { const svg = document.getElementById('latency-0');
		const p = JSON.parse(document.getElementById('data').textContent).plots[0].points[0], m = svg.getScreenCTM();
		return [p.x * m.a + m.e + 1, p.y * m.d + m.f + 1]; })()`)
	v.do(t, chromedp.MouseEvent(input.MouseMoved, p[0], p[1]))
	require.Regexp(t, `^(broadcast|read) by process \d+ at .* s: (ok|info|fail) after`, tip(t, v))
	require.Equal(t, 1, eval[int](t, v, "document.querySelectorAll('#latency-0 .hit').length"))
	v.quiet(t)
}

func TestTheKeyboardReachesEveryTip(t *testing.T) {
	v := open(t, healthy(t))
	for _, id := range []string{"per-node", "latency-0", "lamport"} {
		v.do(t, chromedp.Focus("#"+id), chromedp.KeyEvent(kb.ArrowRight))
		first := tip(t, v)
		require.NotEmpty(t, first, id)
		v.do(t, chromedp.KeyEvent(kb.ArrowRight))
		require.NotEqual(t, first, tip(t, v))
		v.do(t, chromedp.KeyEvent(kb.ArrowLeft))
		require.Equal(t, first, tip(t, v))
		v.do(t, chromedp.KeyEvent(kb.Escape))
		require.Empty(t, tip(t, v))
	}
	require.Equal(t, "polite", eval[string](t, v, "document.getElementById('tip').getAttribute('aria-live')"))
	v.quiet(t)
}

func caption(t *testing.T, v *visit, id string) string {
	return eval[string](t, v, fmt.Sprintf("document.getElementById(%q).closest('figure').querySelector('figcaption').textContent", id))
}

func TestAValueCanBeFollowed(t *testing.T) {
	v := open(t, healthy(t))
	follow := func(text string) {
		v.do(t, chromedp.Evaluate("document.getElementById('value').value = ''", nil), chromedp.SendKeys("#value", text+kb.Enter))
	}
	follow("17")
	require.Contains(t, caption(t, v, "lamport"), "value 17 is carried by ")
	require.Contains(t, caption(t, v, "lamport"), "known to 9 of the 9 nodes")
	on := eval[int](t, v, "document.querySelectorAll('#lamport .msg.on').length")
	require.GreaterOrEqual(t, on, 9, "a client's broadcast, and a message to every other node")
	require.Equal(t, 9, eval[int](t, v, "document.querySelectorAll('#lamport .knows').length"))
	require.Zero(t, eval[int](t, v, "[...document.querySelectorAll('#lamport .msg.on')].filter((e) => !/values .*\\b17\\b/.test(e.dataset.tip) && !e.dataset.tip.includes('...')).length"))

	v.do(t, chromedp.Click("#only"))
	all := eval[int](t, v, "[...document.querySelectorAll('#lamport .msg')].filter((e) => e.getClientRects().length).length")
	v.do(t, chromedp.Click("#only"))
	require.NotEqual(t, all, eval[int](t, v, "[...document.querySelectorAll('#lamport .msg')].filter((e) => e.getClientRects().length).length"))

	follow("no such value")
	require.Equal(t, "No value no such value is in this page.", eval[string](t, v, "document.getElementById('filter-says').textContent"))
	v.do(t, chromedp.Click("#clear"))
	require.Zero(t, eval[int](t, v, "document.querySelectorAll('#lamport .msg.on').length"))
	v.quiet(t)
}

func TestTheSlowestValuesLeadIntoTheDiagram(t *testing.T) {
	v := open(t, healthy(t))
	value := eval[string](t, v, "document.querySelectorAll('[data-window]')[2].textContent")
	v.do(t, chromedp.Evaluate("document.querySelectorAll('[data-window]')[2].click()", nil))
	require.Equal(t, value, eval[string](t, v, "document.getElementById('value').value"))
	require.Equal(t, "#diagram", eval[string](t, v, "location.hash"))
	require.Contains(t, caption(t, v, "lamport"), "value "+value+" is carried by ")
	v.quiet(t)
}

func TestAnyWindowCanBeChosen(t *testing.T) {
	v := open(t, healthy(t))
	// Every window of the record can be drawn.
	count := eval[int](t, v, "document.getElementById('window').options.length")
	require.Greater(t, count, 8)
	seen := map[string]bool{}
	for i := range count {
		v.do(t, chromedp.Evaluate(fmt.Sprintf("(() => { const w = document.getElementById('window'); w.value = %d; w.dispatchEvent(new Event('change')); })()", i), nil))
		seen[caption(t, v, "lamport")] = true
		require.NotZero(t, eval[int](t, v, "document.querySelectorAll('#lamport .msg').length"))
	}
	require.Greater(t, len(seen), 8)
	v.do(t, chromedp.Evaluate("(() => { const f = document.getElementById('from'); f.value = 500; f.dispatchEvent(new Event('input')); const l = document.getElementById('length'); l.value = 1000000; l.dispatchEvent(new Event('change')); })()", nil))
	end := eval[float64](t, v, "JSON.parse(document.getElementById('data').textContent).diagram.end") / 1e6
	require.True(t, strings.HasPrefix(caption(t, v, "lamport"), fmt.Sprintf("%.3f s to %.3f s: ", end/2, end/2+1)), caption(t, v, "lamport"))
	v.quiet(t)
}

// What the script draws for the first window is what the page has without it.
func TestTheScriptDrawsWhatThePageHas(t *testing.T) {
	kinds := "[...document.querySelectorAll('#lamport .msg')].map((e) => e.getAttribute('class'))"
	with := eval[[]string](t, open(t, healthy(t)), kinds)
	plain := open(t, healthy(t), withoutScript())
	var nodes []*cdp.Node
	plain.do(t, chromedp.Nodes("#lamport .msg", &nodes, chromedp.ByQueryAll))
	var without []string
	for _, n := range nodes {
		without = append(without, n.AttributeValue("class"))
	}
	slices.Sort(with)
	slices.Sort(without)
	require.Equal(t, without, with)
}

func TestTheTreeShowsTheMomentThatIsChosen(t *testing.T) {
	v := open(t, healthy(t))
	last := eval[int](t, v, "+document.getElementById('moment').max")
	cut := 0
	for i := range last + 1 {
		v.do(t, chromedp.Evaluate(fmt.Sprintf("(() => { const m = document.getElementById('moment'); m.value = %d; m.dispatchEvent(new Event('input')); })()", i), nil))
		n := eval[int](t, v, "document.querySelectorAll('#tree-links .cut').length")
		if n > 0 {
			require.Contains(t, caption(t, v, "tree-drawing"), fmt.Sprintf("%d cut", n))
		}
		cut += n
	}
	require.NotZero(t, cut, "the run has partitions")
	v.do(t, chromedp.Click("#link-states"))
	require.NotEqual(t, fmt.Sprint(last), eval[string](t, v, "document.getElementById('moment').value"))
	v.quiet(t)
}

func TestTheThemeFollowsTheReader(t *testing.T) {
	ground := "getComputedStyle(document.body).backgroundColor"
	prefer := func(scheme string) chromedp.Action {
		return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}})
	}
	v := open(t, healthy(t), prefer("light"))
	light := eval[string](t, v, ground)
	require.True(t, eval[bool](t, v, "(() => { const e = document.getElementById('theme'), b = e.getBoundingClientRect(); return document.elementFromPoint(b.x + b.width / 2, b.y + b.height / 2) === e; })()"))
	v.do(t, prefer("dark"))
	dark := eval[string](t, v, ground)
	require.NotEqual(t, light, dark)
	v.do(t, chromedp.Evaluate("document.getElementById('theme').click()", nil))
	require.Equal(t, light, eval[string](t, v, ground))
	v.do(t, prefer("light"), chromedp.Evaluate("document.getElementById('theme').click()", nil))
	require.Equal(t, dark, eval[string](t, v, ground))
	v.quiet(t)
}

func TestANarrowScreenIsEnough(t *testing.T) {
	v := open(t, healthy(t), chromedp.EmulateViewport(390, 800))
	require.LessOrEqual(t, eval[int](t, v, "document.documentElement.scrollWidth"), 390, "only drawings and tables scroll sideways")
	v.quiet(t)
}

// hostile is a text that would be a program where it is not taken as text.
const hostile = `</script></style><img src=x onerror="window.pwned=1;alert(1)"><svg onload=alert(2)>'${alert(3)}`

func TestHostileTextsAreInert(t *testing.T) {
	f := *healthy(t)
	text, err := json.Marshal(hostile)
	require.NoError(t, err)
	raw := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(text))
	m := *f.Messages
	m.Values, m.Names, m.Words = slices.Clone(m.Values), slices.Clone(m.Names), slices.Clone(m.Words)
	for i := range m.Values {
		m.Values[i] = fmt.Sprintf(`[%d,%s]`, i, raw)
	}
	for i, name := range m.Names {
		m.Names[i] = name + hostile
	}
	f.Messages = &m
	f.History = slices.Clone(f.History)
	for i := range f.History {
		f.History[i].Value = text
		f.History[i].F += hostile
		f.History[i].Error = &run.OpError{Name: hostile, Text: hostile}
	}
	results := *f.Results
	results.Error, results.Version, results.Command = hostile, hostile, []string{hostile}
	results.Settings.Workload = hostile
	results.Strict.Findings = []run.Finding{{Kind: "missing", Text: hostile}}
	results.Nodes = []run.NodeNote{{Node: hostile, Kind: "crash", Text: hostile, Stderr: []string{hostile}}}
	results.Faults = slices.Clone(results.Faults)
	for i := range results.Faults {
		results.Faults[i].Kind += hostile
	}
	f.Results = &results

	v := open(t, &f)
	require.Zero(t, eval[int](t, v, "document.querySelectorAll('img, svg svg, [onload], [onerror]').length"))
	value := eval[string](t, v, "document.querySelector('[data-window]').textContent")
	require.Contains(t, value, "<img src=x onerror=")
	v.do(t, chromedp.Evaluate("document.querySelector('[data-window]').click()", nil))
	for _, element := range []string{"#lamport .msg.client", "#tree-nodes circle", "#per-link [data-tip]"} {
		point(t, v, fmt.Sprintf("document.querySelector(%q)", element))
		require.Contains(t, tip(t, v), "<img", element)
	}
	v.do(t, chromedp.Evaluate("(() => { const e = document.getElementById('value'); e.value = "+string(text)+"; e.dispatchEvent(new Event('change')); })()", nil))
	require.Contains(t, eval[string](t, v, "document.getElementById('filter-says').textContent"), "<img")
	require.True(t, eval[bool](t, v, "window.pwned === undefined"))
	require.Zero(t, eval[int](t, v, "document.querySelectorAll('img').length"))
	v.quiet(t)
}

func TestThePageOfASweepIsQuietAndWhole(t *testing.T) {
	sweep, err := run.ReadSweepFolder("../../results/fanout-period")
	require.NoError(t, err)
	for _, before := range [][]chromedp.Action{nil, {withoutScript()}} {
		v := visitTo(t, func(w io.Writer) error { return page.WriteSweep(w, sweep) }, before...)
		for _, id := range []string{"verdict-h", "pareto-h", "maps-h", "settings-h", "about-h", "pareto-drawing", "map-0"} {
			v.do(t, chromedp.WaitVisible("#"+id))
		}
		v.quiet(t)
		if before != nil {
			continue
		}
		v.do(t, chromedp.Focus("#pareto-drawing"), chromedp.KeyEvent(kb.ArrowRight))
		require.Regexp(t, `k = \d+.* messages per operation, worst stable latency`, tip(t, v))
		point(t, v, "document.querySelector('#map-0 .heat')")
		require.Regexp(t, `P = \d+ ms: [0-9.]+`, tip(t, v))
	}
}
