package uniqueids

import (
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/app"
)

func TestAnswer_noIDComesTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, env := range []*app.Env{{Self: "n1", Life: "a"}, {Self: "n1", Life: "b"}, {Self: "n11", Life: "a"}, {Self: `a"b`, Life: "a"}} {
		for range 50 {
			call, err := Kind.Parse("generate", nil)
			require.NoError(t, err)
			require.Equal(t, app.Now, call.Class)
			fields := string(Kind.Answer(nil, &call, env))
			require.False(t, seen[fields], fields)
			seen[fields] = true
		}
	}
	require.True(t, seen[`,"id":"n1-a-1"`])
	require.True(t, seen[`,"id":"a\"b-a-50"`])
}
