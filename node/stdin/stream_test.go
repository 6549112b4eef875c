package stdin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAPipeTellsHowMuchOfItIsUnread(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer w.Close()
	unread := Unread(r)
	require.Zero(t, unread())
	for i, text := range []string{"one", "four", "sixsix"} {
		_, err := w.WriteString(text)
		require.NoError(t, err)
		require.EqualValues(t, []int{3, 7, 13}[i], unread())
	}
	_, err = r.Read(make([]byte, 5))
	require.NoError(t, err)
	require.EqualValues(t, 8, unread())
	require.NoError(t, r.Close())
	require.Zero(t, unread(), "a closed one holds nothing for anybody")
}

func TestOfWhatCannotTellNothingIsUnread(t *testing.T) {
	require.Zero(t, Unread(strings.NewReader("text"))())
	path := filepath.Join(t.TempDir(), "requests")
	require.NoError(t, os.WriteFile(path, []byte("text"), 0o666))
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	require.Zero(t, Unread(f)(), "nobody waits for answers to a file")
	closed, err := os.Open(path)
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	require.Zero(t, Unread(closed)())
}

func TestOnlyFilesThatAreEmptyOrNoFilesAreDry(t *testing.T) {
	in, out, err := os.Pipe()
	require.NoError(t, err)
	defer in.Close()
	require.True(t, dry(in))
	_, err = out.WriteString("x")
	require.NoError(t, err)
	require.False(t, dry(in), "a byte waits")
	require.True(t, dry(strings.NewReader("x")), "nobody can tell")
	_, err = in.Read(make([]byte, 1))
	require.NoError(t, err)
	require.True(t, dry(in))
	require.NoError(t, out.Close())
	require.False(t, dry(in), "its end can be read")
}
