package frame

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/gossip"
	"treecast/gossip/service"
	"treecast/topology"
)

// sample is a value with all kinds of fields.
type sample struct {
	Truth    bool
	Int      int
	Small    uint8
	Float    float64
	Text     string
	Bytes    []byte
	Times    []time.Duration
	Inner    inner
	Pointer  *inner
	Tree     *topology.Tree
	Err      error
	Origin   gossip.OriginID
	Origins  []gossip.OriginID
	Truths   []bool
	Floats   []float64
	LastInt8 int8
}

type inner struct {
	A uint64
	B []inner2
}

type inner2 struct{ Name string }

func example() sample {
	tree, _ := topology.New([]string{"n10", "n2", "n1"}, 1)
	s := sample{
		Truth: true, Int: -5, Small: 255, Float: -1.5e300, Text: "é\x00", Bytes: []byte{0, 1}, Times: []time.Duration{-1, math.MaxInt64},
		Inner: inner{A: math.MaxUint64, B: []inner2{{"x"}, {}}}, Pointer: &inner{}, Tree: tree, Err: errors.New("why"),
		Origin: gossip.NewOriginID("n1", "log"), Truths: []bool{true, false}, Floats: []float64{0, math.Inf(1)}, LastInt8: -128,
	}
	for i := range 20 {
		s.Origins = append(s.Origins, gossip.NewOriginID("n1", "log"), gossip.NewOriginID("n", string(rune('a'+i))))
	}
	return s
}

func TestPlain_crossesAsItWas(t *testing.T) {
	want := example()
	payload := Append(nil, &want)
	var got sample
	require.NoError(t, Read(payload, &got))
	require.Equal(t, want.Tree.Nodes(), got.Tree.Nodes())
	require.Equal(t, want.Err.Error(), got.Err.Error())
	want.Tree, got.Tree = nil, nil
	require.Equal(t, want, got)
	require.Equal(t, []byte{0}, Append(nil, &sample{}), "what says nothing is a byte")
	require.Less(t, len(payload), 260, "each origin is spelt once")
}

func TestPlain_everyPrefixIsAnError(t *testing.T) {
	want := example()
	payload := Append(nil, &want)
	for n := range payload {
		require.Error(t, Read(payload[:n], &sample{}), "%d bytes", n)
	}
	require.ErrorContains(t, Read(append(payload, 0), &sample{}), "1 bytes behind the value")
}

func TestPlain_refusesWhatIsNoValue(t *testing.T) {
	for why, payload := range map[string][]byte{
		"fields beyond":               {0x80, 0x80, 0x04},
		"a truth of 2":                {1, 2},
		"256 is no uint8":             {4, 0x80, 2},
		"9 bytes, of which 0":         {16, 9},
		"a list of 9 elements":        {64, 9, 1},
		"a number is cut off":         {2},
		"origin 1 of 0":               {0x80, 0x10, 1},
		"a tree of 200 nodes":         {0x80, 0x04, 0xc8, 1},
		"topology: no node ids":       {0x80, 0x04, 0},
		"256 is no int8":              {0x80, 0x80, 2, 0x80, 4},
		"elements, with 200000 bytes": append([]byte{0x80, 0x40, 0xc0, 0x9a, 0x0c}, make([]byte, 200000)...),
	} {
		require.ErrorContains(t, Read(payload, &sample{}), why)
	}
}

func TestPlain_isForPlainDataAlone(t *testing.T) {
	for _, v := range []any{func() {}, make(chan int), struct{ a int }{}, []*int{}, map[string]int{}, struct{ F func() }{}} {
		require.Panics(t, func() { Append(nil, v) }, "%T", v)
	}
}

func TestSchema_changesWithATypesFields(t *testing.T) {
	require.Equal(t, Schema(sample{}, inner{}), Schema(sample{}, inner{}))
	require.NotEqual(t, Schema(sample{}), Schema(inner{}))
	require.NotEqual(t, Schema(struct{ A, B int }{}), Schema(struct{ A, C int }{}))
}

func FuzzPlain(f *testing.F) {
	s := example()
	f.Add(Append(nil, &s))
	f.Add(Append(nil, &service.In{Now: 7, Message: &service.Message{From: "n1", Body: []byte("{}")}}))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, payload []byte) {
		same(t, payload, &sample{}, &sample{})
		same(t, payload, &service.In{}, &service.In{})
		same(t, payload, &service.Out{}, &service.Out{})
		same(t, payload, &gossip.Message{}, &gossip.Message{})
	})
}

// same checks that a payload is an error, or a value that crosses again as the same.
func same(t *testing.T, payload []byte, first, second any) {
	if Read(payload, first) != nil {
		return
	}
	once := Append(nil, first)
	require.NoError(t, Read(once, second))
	require.Equal(t, once, Append(nil, second))
}
