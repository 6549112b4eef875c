package cli

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

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

// placed has nodes keep their journals in a directory, wherever they look first.
func placed(dir string) []string {
	return []string{"XDG_STATE_HOME=" + dir, "TMPDIR=" + dir, "XDG_CACHE_HOME=" + dir}
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
	require.Contains(p.t, p.next(), "broadcast_ok")
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
	p.Kill()
	p.Wait()
}

// close ends the node's stdin and waits for it.
func (p *nodeProcess) close() outcome {
	p.CloseInput()
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
			env := append(placed(temporary), c.env...)
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
	env := append(placed(temporary), "TREECAST_RUN=the same")
	p := begin(t, 0, env, "--journal", "off")
	p.say(10, "1")
	require.Empty(t, journals(t, temporary))
	p.kill()
	p = begin(t, 200, env, "--journal", "off", "--app", "broadcast") // nobody has said so again
	require.Equal(t, "[]", p.read())
	p.close()
}

// Maelstrom's --test-count runs tests one after the other from one process, and
// kills every node at the end of each.
func TestRunsOneAfterTheOtherUnderOneParentAreKeptApart(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := placed(temporary)
	for run := range 3 {
		p := begin(t, 0, env, "--app", "broadcast")
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
		return append(placed(temporary), fmt.Sprintf("TREECAST_RUN=bed %d", bed))
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
			line(4, "c1", `"type":"broadcast","msg_id":2,"message":`+value) + "\n"
	}
	// A read shows what is durable, so it is sent when the broadcast was answered.
	read := line(6, "c1", `"type":"read","msg_id":3`) + "\n"
	pipe := func(input, said string) string {
		said = `"$4"/` + said
		return `{ printf %s "` + input + `"; until grep -qs broadcast_ok ` + said + `; do :; done; printf %s "$3"; } | "$0" | tee ` + said
	}
	for about, text := range map[string]string{
		"one after the other": pipe("$1", "a") + " ; " + pipe("$2", "b"),
		"at once":             "{ " + pipe("$1", "a") + " ; } & { " + pipe("$2", "b") + " ; } & wait",
	} {
		got := shell(t, placed(temporary), text, input("111"), input("222"), read, t.TempDir())
		require.Contains(t, got.stdout, `"messages":[111]`, about)
		require.Contains(t, got.stdout, `"messages":[222]`, about)
		require.Empty(t, journals(t, temporary), about)
	}
}

// wrapped starts a node through a script.
func wrapped(t *testing.T, script string, env []string) *nodeProcess {
	return startProgram(t, slices.Concat(unhurried, env), script)
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
				p := wrapped(t, path, placed(temporary))
				p.write(line(id, "c0", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`))
				require.Contains(t, p.next(), "init_ok")
				return p
			}
			p := start(0)
			p.say(10, "7")
			// What is killed is the script; its stdin ends for whoever is left.
			p.Signal(syscall.SIGKILL)
			p.CloseInput()
			_, err := p.Next(t.Context())
			require.ErrorIs(t, err, io.EOF, "until nobody is left")
			p.Wait()
			require.Len(t, journals(t, temporary), 1)

			p = start(200)
			require.Equal(t, "[7]", p.read())
			p.CloseInput()
			require.Equal(t, ExitOK, p.end().code)
			require.Empty(t, journals(t, temporary), "and an end that is one leaves nothing")
		})
	}
}

func TestJournal_aDirectoryThatCanNeverWorkIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, dir := range []string{file, filepath.Join(file, "below"), os.DevNull} {
		got := runHere(t, "--journal", dir)
		require.Equal(t, ExitUsage, got.code, got.stderr)
		require.Contains(t, got.stderr, "--journal can never work there")
		require.Contains(t, got.stderr, dir)
		require.Empty(t, got.stdout)
	}
}

func TestJournal_offIsOffHoweverItIsSpelt(t *testing.T) {
	t.Parallel()
	for _, off := range []string{"off", "OFF", "Off"} {
		temporary := t.TempDir()
		p := begin(t, 0, placed(temporary), "--journal", off)
		p.say(10, "1")
		require.Empty(t, journals(t, temporary))
		require.NotContains(t, p.close().stderr, "journal")
	}
	require.NoDirExists(t, "OFF")
}

// The process that was killed may hold the lock for a while.
func TestJournal_aNodeWaitsForTheOneBeforeIt(t *testing.T) {
	t.Parallel()
	env := append(placed(t.TempDir()), "TREECAST_RUN=the same")
	first := begin(t, 0, env)
	first.say(10, "1")
	second := startNode(t, slices.Concat(unhurried, env))
	second.write(line(200, "c200", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`))
	second.write(line(201, "c201", `"type":"health","msg_id":2`))
	// The reader has come to the health behind the init only once that is known to wait.
	require.Contains(t, second.next(), `"failing":true`)
	first.kill()
	require.Contains(t, second.next(), "init_ok")
	require.Equal(t, "[1]", second.read())
	require.Contains(t, second.close().stderr, "the journal that the init has waited for can be used")
}

func TestJournal_whatIsRemovedUnderANodeIsWrittenAgain(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := placed(temporary)
	p := begin(t, 0, env)
	for i := range 20 {
		p.say(10+i, fmt.Sprint(i))
	}
	require.NoError(t, os.RemoveAll(filepath.Join(temporary, "treecast")))
	require.Eventually(t, func() bool {
		p.write(line(100, "c1", `"type":"health","msg_id":1`))
		return strings.Contains(p.next(), `"rewritten":1`)
	}, time.Minute, 10*time.Millisecond)
	require.Len(t, journals(t, temporary), 1)
	require.Equal(t, 20, strings.Count(p.read(), ",")+1)
	p.kill()
	p = begin(t, 500, env)
	require.Equal(t, 20, strings.Count(p.read(), ",")+1)
	p.close()
	require.Empty(t, journals(t, temporary))
}

// A journal of an earlier version's format is refused with a sentence, in the reply to init.
func TestJournal_ofAnEarlierVersionIsRefused(t *testing.T) {
	t.Parallel()
	earlier, err := os.ReadFile("../journal/testdata/format1.journal")
	require.NoError(t, err)
	dir := t.TempDir()
	path := filepath.Join(dir, "run-earlier", "n0~0.journal")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, earlier, 0o600))
	p := startNode(t, append(slices.Clone(unhurried), "TREECAST_RUN=earlier"), "--journal", dir)
	p.write(line(200, "c200", `"type":"init","node_id":"n0","node_ids":["n0","n1"],"msg_id":1`))
	text := p.next()
	require.Contains(t, text, `"code":13`)
	require.Contains(t, text, path+": it is of another version of treecast: its format is 1, ours 2")
	require.Contains(t, text, "--journal-lost begin")
	p.kill()
}

func TestJournal_whatCannotBeReadIsRefusedUnlessItMayBeLost(t *testing.T) {
	t.Parallel()
	temporary := t.TempDir()
	env := placed(temporary)
	p := begin(t, 0, env)
	p.say(10, "1")
	p.kill()
	path := journals(t, temporary)[0]
	require.NoError(t, os.WriteFile(path, []byte("something else"), 0o600))
	p = startNode(t, slices.Concat(unhurried, env))
	p.write(line(200, "c200", `"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1`))
	text := p.next()
	require.Contains(t, text, `"code":13`)
	require.Contains(t, text, path)
	p.kill()
	p = begin(t, 300, env, "--journal-lost", "begin", "--app", "broadcast")
	require.Equal(t, "[]", p.read())
	p.say(310, "2")
	p.kill()
	p = begin(t, 400, env)
	require.Equal(t, "[2]", p.read())
	p.close()
}

func TestMistakesInTheJournalsFlagsAreExplained(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--fsync sometimes", `--fsync must be one of "never","interval","always"`},
		{"--fsync interval --fsync-interval 0s", "--fsync-interval must be at least 1ms"},
		{"--journal-preferred 0", "--journal-preferred must be at least 1"},
		{"--journal-lost maybe", `--journal-lost must be one of "refuse","begin"`},
		{"--journal off --fsync always", "--journal off and --fsync always (or their variables) exclude each other"},
		{"--journal OFF --fsync interval", "--journal OFF and --fsync interval"},
		{"--journal off --fsync-interval 1s", "--journal off and --fsync-interval 1s"},
		{"--journal off --journal-lost refuse", "--journal off and --journal-lost refuse"},
		{"--journal off --journal-lost begin", "--journal off and --journal-lost begin"},
		{"--journal off --journal-preferred 9", "--journal off and --journal-preferred 9"},
		{"--journal off --journal-capacity 9", "--journal off and --journal-capacity 9"},
		{"--journal OFF --inject n0/journal:panic@3", "--inject names the service journal, which --journal OFF leaves out"},
		{"--fsync-interval 2s", "--fsync-interval 2s needs --fsync interval, not never"},
		{"--fsync always --fsync-interval 2s", "--fsync-interval 2s needs --fsync interval, not always"},
		{"--permit-revoke 0 --permit-grace 1s", "--permit-revoke 0 and --permit-grace 1s"},
		{"--permit-revoke 0 --permit-return 2", "--permit-revoke 0 and --permit-return 2"},
		{"--permit-revoke 0 --permit-minimum 2", "--permit-revoke 0 and --permit-minimum 2"},
		{"--permits 2 --permit-minimum 3", "--permit-minimum (3) must be at most --permits (2)"},
	} {
		got := runHere(t, strings.Fields(c.args)...)
		require.Equal(t, ExitUsage, got.code, c.args)
		require.Contains(t, got.stderr, c.want)
	}
}

// A flag wins over the variable of its rival.
func TestJournal_flagsWinOverVariables(t *testing.T) {
	t.Setenv("TREECAST_FSYNC", "always")
	cfg, _, err := nodeSettings([]string{"--journal", "off"})
	require.NoError(t, err)
	require.True(t, cfg.NoJournal)
	_, _, err = nodeSettings([]string{"--journal", "off", "--fsync", "always"})
	require.Error(t, err)
	t.Setenv("TREECAST_JOURNAL", "off")
	cfg, _, err = nodeSettings([]string{"--fsync", "always"})
	require.NoError(t, err)
	require.False(t, cfg.NoJournal)
	_, _, err = nodeSettings(nil)
	require.ErrorContains(t, err, "exclude each other")
}
