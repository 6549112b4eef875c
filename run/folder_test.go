package run

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// keptRun leaves a small run in a store and returns the store's directory and
// the run's.
func keptRun(t *testing.T) (base, dir string) {
	t.Helper()
	base = t.TempDir()
	store, err := CreateStore(base, "broadcast", time.Unix(0, 0).UTC())
	require.NoError(t, err)
	require.NoError(t, store.WriteResults(&Results{Version: "v1"}))
	long := `"` + strings.Repeat("x", maxOpValue) + `"`
	require.NoError(t, store.WriteHistory(History{
		{Index: 0, Type: Invoke, F: "broadcast", Value: json.RawMessage("1")},
		{Index: 1, Time: 5, Type: OK, F: "broadcast", Value: json.RawMessage(long)},
		{Index: 2, Time: 6, Type: OK, F: "read", Value: json.RawMessage("[" + strings.Repeat("1,", maxOpValue) + "2]"), Final: true},
		{Index: 3, Time: 7, Type: Fail, F: "read", Value: json.RawMessage("[" + long + "]"), Error: &OpError{Name: "crash", Text: "[x] ]"}},
	}))
	file, err := store.Create(MessagesFile)
	require.NoError(t, err)
	log := NewMessageLog(file, 0)
	log.Sent(&Message{ID: 1, Src: "c1", Dest: "n1", Type: "broadcast"}, KindData, []json.RawMessage{json.RawMessage("1")})
	require.NoError(t, log.Close())
	require.NoError(t, file.Close())
	require.NoError(t, store.LinkLatest())
	return base, store.Dir()
}

func TestARunIsReadBackFromItsFolder(t *testing.T) {
	base, dir := keptRun(t)
	whole, err := filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	_, older := keptRun(t) // of an earlier version
	require.NoError(t, os.Remove(filepath.Join(older, HistoryFile)))
	f, err := ReadFolder(older)
	require.NoError(t, err)
	require.Empty(t, f.Missing)
	kept := f.History
	for _, path := range []string{dir, filepath.Join(base, "latest"), filepath.Join(base, "broadcast", "latest"), filepath.Join(dir, "results.json")} {
		f, err := ReadFolder(path)
		require.NoError(t, err, path)
		require.Equal(t, whole, f.Dir)
		require.Equal(t, "v1", f.Results.Version)
		require.Len(t, f.Messages.Transits, 1)
		require.Empty(t, f.Missing)
		require.Equal(t, History{
			{Index: 0, Type: Invoke, F: "broadcast", Value: json.RawMessage("1")},
			{Index: 1, Time: 5, Type: OK, F: "broadcast"},
			{Index: 2, Time: 6, Type: OK, F: "read", Final: true},
			{Index: 3, Time: 7, Type: Fail, F: "read", Error: &OpError{Name: "crash", Text: "[x] ]"}},
		}, f.History, "long values are left out")
		require.Equal(t, kept, f.History)
		require.Equal(t, "broadcast/"+filepath.Base(dir), f.Name())
	}
}

func TestWhatARunsFolderLacksIsSaid(t *testing.T) {
	_, dir := keptRun(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "history.edn")))
	require.NoError(t, os.Remove(filepath.Join(dir, HistoryFile)))
	text, err := os.ReadFile(filepath.Join(dir, MessagesFile))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, MessagesFile), text[:bytes.Index(text, []byte("end,"))+2], 0o666))
	f, err := ReadFolder(dir)
	require.NoError(t, err)
	require.Equal(t, []string{"history.jsonl is not there", "messages.csv ends in the middle, 0.0 s into the run"}, f.Missing)
	require.NoError(t, os.Remove(filepath.Join(dir, MessagesFile)))
	f, err = ReadFolder(dir)
	require.NoError(t, err)
	require.Nil(t, f.Messages)
	require.Equal(t, "messages.csv is not there", f.Missing[1])
}

func TestWhatIsNoRunIsTold(t *testing.T) {
	base, dir := keptRun(t)
	empty, theirs, begun := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(theirs, "results.edn"), nil, 0o666))
	require.NoError(t, os.WriteFile(filepath.Join(begun, MessagesFile), nil, 0o666))
	for path, want := range map[string]string{
		filepath.Join(base, "nowhere"):    "cannot be opened",
		filepath.Join(dir, "history.edn"): "is a file; name the directory of a run",
		filepath.Join(dir, "results.edn"): "is a file",
		base:                              "it is a store of runs: name one of them",
		empty:                             "name the directory of a run, such as store/latest",
		theirs:                            "Maelstrom itself made it",
		begun:                             "its run is under way, or was ended before it was over",
	} {
		_, err := ReadFolder(path)
		require.ErrorIs(t, err, ErrNoRun, path)
		require.ErrorContains(t, err, want)
	}
}

func TestABrokenFileOfARunIsAnErrorThatNamesIt(t *testing.T) {
	for name, text := range map[string]string{"results.json": `{"schema":99}`, HistoryFile: "}", MessagesFile: "hello\n"} {
		_, dir := keptRun(t)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
		_, err := ReadFolder(dir)
		require.ErrorContains(t, err, name)
		require.NotErrorIs(t, err, ErrNoRun)
	}
}
