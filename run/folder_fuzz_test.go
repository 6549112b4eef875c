package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzParseShortOp checks that a long line of a history that is read without its
// value is otherwise the operation that it is.
func FuzzParseShortOp(f *testing.F) {
	long := strings.Repeat("12 ", maxOpValue/3)
	f.Add(`{:index 7, :time 12, :type :ok, :process 3, :f :read, :value [`, `], :final? true}`)
	f.Add(`{:index 7, :time 12, :type :info, :process 3, :f :read, :value [`, `], :error [:crash "x]"]}`)
	f.Add(`#jepsen.history.Op{:type :ok, :value [`, `], :f "]", :process 2, :error [:a nil]}`)
	f.Add(`{:x ":value [", :type :ok, :value [`, `]}`)
	f.Add(`{:type :ok, :value [`, `] #_ [}] :index 4}`)
	f.Add(`{:type :ok, :value [`, `] :value nil :index 4 :y []}`)
	f.Fuzz(func(t *testing.T, before, behind string) {
		line := []byte(before + long + behind)
		want, wantErr := parseOpEDN(line)
		got, err := parseShortOp(line)
		if wantErr != nil {
			return // of what stands in a value that is left out nobody knows
		}
		require.NoError(t, err)
		if got.Value == nil {
			want.Value = nil
		}
		require.Equal(t, want, got)
	})
}
