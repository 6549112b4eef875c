package run

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOpen_takesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(pipe, link))
	for path, what := range map[string]string{dir: "is a directory", pipe: "is a pipe", link: "is a pipe", os.DevNull: "is a device", "/dev/zero": "is a device"} {
		_, err := ReadFile(path, 100)
		require.ErrorIs(t, err, ErrNotReadable, "nobody waits for a writer")
		require.ErrorContains(t, err, path+" "+what)
		require.ErrorContains(t, err, "give a regular file")
	}
	_, err := ReadFile(filepath.Join(dir, "missing"), 100)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestOpen_hasALimitThatSaysSo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	text, err := ReadFile(path, 10)
	require.NoError(t, err)
	require.Equal(t, "0123456789", string(text))
	_, err = ReadFile(path, 9)
	require.ErrorIs(t, err, ErrNotReadable)
	require.ErrorContains(t, err, "has 10 bytes")
	require.ErrorContains(t, err, "more than 9 bytes is too much")

	require.NoError(t, os.Truncate(path, 3<<30)) // with holes
	_, err = ReadFile(path, MaxRecordBytes)
	require.ErrorContains(t, err, "has 3.0 GiB and is not read: more than 256.0 MiB")
}

func TestByteOrderMarks_arePassedOver(t *testing.T) {
	const mark = "\xef\xbb\xbf"
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(mark+"x"), 0o600))
	text, err := ReadFile(path, 100)
	require.NoError(t, err)
	require.Equal(t, "x", string(text))

	rows, err := ReadRunsCSV(strings.NewReader(mark + csvOf(t, Row{Seed: 7})))
	require.NoError(t, err)
	require.Equal(t, uint64(7), rows[0].Seed)

	history, err := ReadHistoryEDN(strings.NewReader(mark + "{:index 0, :time 5, :type :invoke, :process 0, :f :read, :value nil}\n"))
	require.NoError(t, err)
	require.Len(t, history, 1)

	edn, err := os.ReadFile("testdata/results.edn")
	require.NoError(t, err)
	_, err = ReadResultsEDN(strings.NewReader(mark + string(edn)))
	require.NoError(t, err)
	json, err := os.ReadFile("testdata/results.json")
	require.NoError(t, err)
	_, err = ReadResultsJSON(strings.NewReader(mark + string(json)))
	require.NoError(t, err)
	for _, text := range []string{"", "\xef", "\xef\xbb", mark} {
		_, err = ReadRunsCSV(strings.NewReader(text))
		require.Error(t, err)
	}
}

// csvOf is a row as runs.csv has it.
func csvOf(t *testing.T, row Row) string {
	t.Helper()
	var out strings.Builder
	require.NoError(t, WriteRunsCSV(&out, true, row))
	return out.String()
}
