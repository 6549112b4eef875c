package cli

import (
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// journals lists the files below the directory for temporary ones that a test
// gave its nodes.
func journals(t *testing.T, dir string) []string {
	var out []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && path != dir && !e.IsDir() {
			out = append(out, path)
		}
		return err
	}))
	return out
}

// line is a line to n0 with an id of the envelope.
func line(id int, src, body string) string {
	return fmt.Sprintf(`{"id":%d,"src":%q,"dest":"n0","body":{%s}}`, id, src, body)
}

// begin starts n0 as the only node; its init has an id.
func begin(t *testing.T, id int, env []string, args ...string) *nodeProcess {
	p := startNode(t, slices.Concat(unhurried, env), args...)
	p.write(line(id, fmt.Sprintf("c%d", id), `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`))
	require.Contains(t, p.next(), "init_ok")
	return p
}

// say has the node acknowledge a value.
func (p *nodeProcess) say(id int, value string) {
	p.write(line(id, "c1", `"type":"broadcast","msg_id":1,"message":`+value))
	require.Contains(p.t, p.next(), "broadcast_ok", "stderr:\n%s", &p.stderr)
}

// read is what the node shows.
func (p *nodeProcess) read() string {
	p.write(to(9, `"type":"read"`))
	text := p.next()
	_, list, ok := strings.Cut(text, `"messages":`)
	require.True(p.t, ok, text)
	return strings.TrimSuffix(list, "}}")
}

// kill ends the node as the system does when it has had enough.
func (p *nodeProcess) kill() {
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGKILL))
	_ = p.cmd.Wait()
}

// close ends the node's stdin and waits for it.
func (p *nodeProcess) close() outcome {
	require.NoError(p.t, p.stdin.Close())
	got := p.end()
	require.Equal(p.t, ExitOK, got.code, got.stderr)
	return got
}

func TestWhatAKilledNodeAcknowledgedIsThereWhenItIsStartedAgain(t *testing.T) {
	t.Parallel()
	for about, c := range map[string]struct {
		env    []string
		args   []string
		second int // id of the second init
	}{
		"by the init's id":       {nil, nil, 200},
		"by the run's name":      {[]string{"TREECAST_RUN=the same"}, nil, 0},
		"in a directory of ours": {nil, []string{"--journal=" + filepath.Join(t.TempDir(), "new", "place")}, 200},
		"synced always":          {nil, []string{"--fsync=always"}, 200},
		"synced now and then":    {nil, []string{"--fsync", "interval", "--fsync-interval", "10ms"}, 200},
		"by variables":           {[]string{"TREECAST_JOURNAL=" + t.TempDir(), "TREECAST_FSYNC=interval"}, nil, 200},
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			env := append(c.env, "TMPDIR="+temporary)
			p := begin(t, 0, env, c.args...)
			for i := range 50 {
				p.say(10+i, fmt.Sprint(i))
			}
			p.kill()
			p = begin(t, c.second, env, c.args...)
			require.Equal(t, 50, strings.Count(p.read(), ",")+1)
			p.say(300, `"more"`)
			p.kill()
			p = begin(t, c.second+200, env, c.args...)
			require.Equal(t, 51, strings.Count(p.read(), ",")+1)
			require.Contains(t, p.close().stderr, "a former life of this node has left a journal")
			require.Empty(t, journals(t, temporary), "a clean end leaves nothing")
		})
	}
}

func TestWithoutAJournalAKilledNodeLosesWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := []string{"TMPDIR=" + temporary, "TREECAST_RUN=the same"}
	p := begin(t, 0, env, "--journal", "off")
	p.say(10, "1")
	require.Empty(t, journals(t, temporary))
	p.kill()
	p = begin(t, 200, env, "--journal", "off")
	require.Equal(t, "[]", p.read())
	p.close()
}

// Maelstrom's --test-count runs tests one after the other from one process, and
// kills every node at the end of each.
func TestRunsOneAfterTheOtherUnderOneParentAreKeptApart(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := []string{"TMPDIR=" + temporary}
	for run := range 3 {
		p := begin(t, 0, env)
		require.Equal(t, "[]", p.read(), "run %d", run)
		p.say(10+run, fmt.Sprint(100*run))
		p.kill()
		p = begin(t, 50, env)
		require.Equal(t, fmt.Sprintf("[%d]", 100*run), p.read())
		p.kill()
		require.Len(t, journals(t, temporary), 1)
	}
}

func TestBedsAtOnceAreKeptApart(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := func(bed int) []string {
		return []string{"TMPDIR=" + temporary, fmt.Sprintf("TREECAST_RUN=bed %d", bed)}
	}
	var nodes []*nodeProcess
	for bed := range 3 {
		nodes = append(nodes, begin(t, 0, env(bed)))
		nodes[bed].say(10, fmt.Sprint(bed))
	}
	for bed, p := range nodes {
		p.kill()
		nodes[bed] = begin(t, 50, env(bed))
		require.Equal(t, fmt.Sprintf("[%d]", bed), nodes[bed].read())
	}
	for _, p := range nodes {
		p.close()
	}
	require.Empty(t, journals(t, temporary))
}

// shell carries out a command line of the shell in which $0 is treecast.
func shell(t *testing.T, env []string, text string, more ...string) outcome {
	t.Helper()
	cmd, wait := start(t, t.TempDir(), env, "/bin/sh", append([]string{"-c", text, program("treecast")}, more...)...)
	require.NoError(t, cmd.Start())
	return wait()
}

func TestTwoPipesFromOneShellAreKeptApart(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	input := func(value string) string {
		return line(0, "c0", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`) + "\n" +
			line(4, "c1", `"type":"broadcast","msg_id":2,"message":`+value) + "\n" +
			line(6, "c1", `"type":"read","msg_id":3`) + "\n"
	}
	for about, text := range map[string]string{
		"one after the other": `printf %s "$1" | "$0" ; printf %s "$2" | "$0"`,
		"at once":             `{ printf %s "$1" | "$0" ; } & { printf %s "$2" | "$0" ; } & wait`,
	} {
		got := shell(t, []string{"TMPDIR=" + temporary}, text, input("111"), input("222"))
		require.Contains(t, got.stdout, `"messages":[111]`, about)
		require.Contains(t, got.stdout, `"messages":[222]`, about)
		require.Empty(t, journals(t, temporary), about)
	}
}

// wrapped starts a node through a script.
func wrapped(t *testing.T, script string, env []string) *nodeProcess {
	p := &nodeProcess{t: t, cmd: exec.Command(script)}
	p.cmd.Env = slices.Concat(os.Environ(), unhurried, env)
	p.cmd.Stderr = &p.stderr
	var err error
	p.stdin, err = p.cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.stdout = bufio.NewReader(stdout)
	require.NoError(t, p.cmd.Start())
	t.Cleanup(func() { _ = p.cmd.Process.Kill(); _ = p.stdin.Close() })
	return p
}

func TestANodeInAWrapperScriptIsFoundAgain(t *testing.T) {
	t.Parallel()
	bin := program("treecast")
	for about, text := range map[string]string{
		"that is replaced by it": `exec "` + bin + `" "$@"`,
		"that waits for it":      `"` + bin + `" "$@"` + "\ntrue",
	} {
		t.Run(about, func(t *testing.T) {
			t.Parallel()
			temporary := t.TempDir()
			path := script(t, text+"\n")
			start := func(id int) *nodeProcess {
				p := wrapped(t, path, []string{"TMPDIR=" + temporary})
				p.write(line(id, "c0", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`))
				require.Contains(t, p.next(), "init_ok")
				return p
			}
			p := start(0)
			p.say(10, "7")
			// What is killed is the script; its stdin ends for whoever is left.
			require.NoError(t, p.cmd.Process.Signal(syscall.SIGKILL))
			require.NoError(t, p.stdin.Close())
			_, err := p.stdout.ReadString('\n')
			require.Error(t, err, "until nobody is left")
			_ = p.cmd.Wait()
			require.Len(t, journals(t, temporary), 1)

			p = start(200)
			require.Equal(t, "[7]", p.read())
			require.NoError(t, p.stdin.Close())
			require.Equal(t, ExitOK, p.end().code)
			require.Empty(t, journals(t, temporary), "and an end that is one leaves nothing")
		})
	}
}

func TestADirectoryThatCannotBeWrittenToRefusesBroadcastsAndNothingElse(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	p := begin(t, 0, nil, "--journal", file)
	for i := range 3 {
		p.write(line(10+i, "c1", `"type":"broadcast","msg_id":1,"message":1`))
		require.Contains(t, p.next(), `"code":11,"text":"this node's journal cannot be written`)
	}
	require.Equal(t, "[]", p.read())
	got := p.close()
	require.Equal(t, 1, strings.Count(got.stderr, "the journal cannot be written"), got.stderr)
	require.Contains(t, got.stderr, "--journal off")
}

func TestMistakesInTheJournalsFlagsAreExplained(t *testing.T) {
	for _, c := range [][]string{
		{"--fsync", "sometimes", `--fsync must be one of "never","interval","always"`},
		{"--fsync-interval", "0s", "--fsync-interval must be at least 1ms"},
		{"--journal-preferred", "0", "--journal-preferred must be at least 1"},
	} {
		got := runHere(t, c[0], c[1])
		require.Equal(t, ExitUsage, got.code)
		require.Contains(t, got.stderr, c[2])
	}
}
