package all

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app"
)

// A log's name says which workload it is of, so no mark may be a part of another's
// name, and two workloads share one only if their entries mean the same.
func TestKinds_areToldByTheirLogs(t *testing.T) {
	for _, k := range Kinds() {
		require.Equal(t, k.Stateless, k.New == nil, k.Name)
		require.Equal(t, k.Stateless, k.Check == nil, k.Name)
		if k.Stateless {
			require.Empty(t, k.Mark, k.Name)
			continue
		}
		require.Positive(t, k.Period, k.Name)
		require.Equal(t, k.Mark, OfLog("3w5e11264sgsf"+k.Mark).Mark)
		require.Equal(t, strings.LastIndexByte(k.Mark, '.'), min(0, len(k.Mark)-1), k.Name)
	}
	require.Nil(t, OfLog("3w5e11264sgsf.unheard-of"))
}

func TestNamed_listsWhatThereIs(t *testing.T) {
	require.True(t, slices.IsSorted(Names()))
	for _, name := range Names() {
		k, err := Named(name)
		require.NoError(t, err)
		require.Equal(t, name, k.Name)
	}
	k, err := Named("")
	require.NoError(t, err)
	require.Nil(t, k)
	_, err = Named("lin-kv")
	require.ErrorContains(t, err, "broadcast, echo, g-counter")
}

// Of the requests that clients make, those that tell are read by one workload alone.
func TestKinds_requestsTell(t *testing.T) {
	for request, want := range map[string]string{
		`broadcast {"message":1}`: "broadcast", `topology {}`: "broadcast", `add {"element":1}`: "g-set", `add {"delta":1}`: "pn-counter",
		`send {"key":"k","msg":1}`: "kafka", `poll {"offsets":{}}`: "kafka", `txn {"txn":[["r",1,null]]}`: "txn-rw-register",
		`echo {}`: "echo", `generate {}`: "unique-ids", `read {}`: "", `unheard-of {}`: "",
	} {
		typ, body, _ := strings.Cut(request, " ")
		var told []string
		for _, k := range Kinds() {
			call, err := k.Parse(typ, app.Body(body))
			require.NoError(t, err)
			if call.Class != app.None && !call.Vague {
				told = append(told, k.Name)
			}
		}
		require.Equal(t, want, strings.Join(told, " "), request)
	}
}
