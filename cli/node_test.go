package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"treecast/testbed/harness"
)

// nodeProcess is a node as a process of its own, as Maelstrom runs it.
type nodeProcess struct {
	*harness.Process
	t *testing.T
}

// startNode starts a node, with further variables of its environment.
func startNode(t *testing.T, env []string, args ...string) *nodeProcess {
	return startProgram(t, env, append([]string{program("treecast")}, args...)...)
}

// startProgram starts a program that is a node.
func startProgram(t *testing.T, env []string, command ...string) *nodeProcess {
	p, err := harness.Start(harness.Options{Command: command, Env: env})
	require.NoError(t, err)
	t.Cleanup(func() { p.Kill(); p.CloseInput() })
	return &nodeProcess{p, t}
}

// unhurried are variables of a node that does not notice it if the machine stands
// still for a while: it would take that for a stop of its own.
var unhurried = []string{"TREECAST_MONITOR_PERIOD=1h", "TREECAST_MONITOR_REASSERT=1h", "TREECAST_MONITOR_STALE=2h"}

// startedNode is a node that has been initialised, as the only one.
func startedNode(t *testing.T, env []string, args ...string) *nodeProcess {
	p := startNode(t, env, args...)
	p.write(`{"id":0,"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1}}`)
	require.Equal(t, `{"src":"n0","dest":"c0","body":{"type":"init_ok","in_reply_to":1}}`, p.next())
	return p
}

// write writes lines to the node's stdin.
func (p *nodeProcess) write(lines ...string) { p.Write([]byte(strings.Join(lines, "\n") + "\n")) }

// next reads a line of the node's stdout.
func (p *nodeProcess) next() string {
	line, err := p.Next(p.t.Context())
	if err != nil {
		_, stderr := p.Wait()
		require.NoError(p.t, err, "the node must say one more line; stderr:\n%s", stderr)
	}
	return line
}

// end reads what the node still says, waits for its end and returns both.
func (p *nodeProcess) end() outcome {
	code, stderr := p.Wait()
	var rest strings.Builder
	for {
		line, err := p.Next(p.t.Context())
		if err != nil {
			require.ErrorIs(p.t, err, io.EOF)
			return outcome{code, rest.String(), stderr}
		}
		rest.WriteString(line + "\n")
	}
}

// to spells a client's request to the node.
func to(msgID int, body string) string {
	return fmt.Sprintf(`{"src":"c1","dest":"n0","body":{"msg_id":%d,%s}}`, msgID, body)
}

// from spells the node's reply to a client.
func from(inReplyTo int, typ, more string) string {
	return fmt.Sprintf(`{"src":"n0","dest":"c1","body":{"type":%q,"in_reply_to":%d%s}}`, typ, inReplyTo, more)
}

func TestANodeAnswersAndEndsWithItsStdin(t *testing.T) {
	t.Parallel()
	p := startedNode(t, unhurried)
	p.write(to(1, `"type":"broadcast","message":7`))
	require.Equal(t, from(1, "broadcast_ok", ""), p.next())
	p.write(to(2, `"type":"read"`))
	require.Equal(t, from(2, "read_ok", `,"messages":[7]`), p.next())
	p.write(to(3, `"type":"broadcast","message":8`), to(4, `"type":"topology","topology":{}`))
	p.CloseInput()
	got := p.end()
	require.Equal(t, ExitOK, got.code)
	require.ElementsMatch(t, []string{from(3, "broadcast_ok", ""), from(4, "topology_ok", "")}, strings.Split(strings.TrimSpace(got.stdout), "\n"))
	require.Contains(t, got.stderr, "initialised")
}

func TestASignalHasANodeWriteOutWhatIsQueuedAndEnd(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := startedNode(t, unhurried)
		p.write(to(1, `"type":"broadcast","message":7`))
		require.Equal(t, from(1, "broadcast_ok", ""), p.next())
		p.Signal(signal)
		got := p.end() // though stdin is still open
		require.Equal(t, ExitOK, got.code, "%v: %s", signal, got.stderr)
		require.Empty(t, got.stdout)
	}
}

func TestGarbageOnStdinIsLoggedAndNothingElse(t *testing.T) {
	t.Parallel()
	p := startNode(t, nil)
	p.write("garbage", "", `{"src":`, "\x00\x01\xff", strings.Repeat("[", 100_000), `{"src":"c1","dest":"n0","body":{"type":"read","msg_id":3}}`)
	require.Equal(t, `{"src":"n0","dest":"c1","body":{"type":"error","in_reply_to":3,"code":11,"text":"this node is not initialised yet: send init first"}}`, p.next())
	p.CloseInput()
	got := p.end()
	require.Equal(t, ExitOK, got.code)
	require.Empty(t, got.stdout)
	require.Equal(t, 4, strings.Count(got.stderr, "a line on stdin is no message"), got.stderr)
}

func TestANodeWhoseStdoutIsClosedSaysSoAndFails(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(program("treecast"))
	r, w, err := os.Pipe()
	require.NoError(t, err)
	require.NoError(t, r.Close())
	defer w.Close()
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = w, &stderr
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = io.WriteString(stdin, to(1, `"type":"health"`)+"\n")
	require.NoError(t, err)
	require.Error(t, cmd.Wait()) // stdin stays open
	require.Equal(t, ExitFailed, cmd.ProcessState.ExitCode(), "and is not killed by SIGPIPE")
	require.Equal(t, 1, strings.Count(stderr.String(), "\n"), stderr.String())
	require.Contains(t, stderr.String(), "treecast: node: wire: write")
	require.Contains(t, stderr.String(), "broken pipe")
}

// It takes as long as a stop must last to be noticed.
func TestAfterAStopOfTheProcessWhatWaitedIsStoredAndNotAnswered(t *testing.T) {
	t.Parallel()
	p := startedNode(t, nil)
	p.Signal(syscall.SIGSTOP)
	var status syscall.WaitStatus
	_, err := syscall.Wait4(p.Pid(), &status, syscall.WUNTRACED, nil) // until all of it has stopped
	require.NoError(t, err)
	require.True(t, status.Stopped())
	p.write(to(1, `"type":"broadcast","message":1`), to(2, `"type":"broadcast","message":2`))
	<-time.After(3500 * time.Millisecond)
	p.Signal(syscall.SIGCONT)
	// Nothing but reads is answered. One that finds the journal's write slow, as
	// on a busy machine, does not wait for it.
	id := 3
	for shown := ""; !strings.Contains(shown, "[1,2]"); id++ {
		p.write(to(id, `"type":"read"`))
		shown = p.next()
		require.Contains(t, []string{from(id, "read_ok", `,"messages":[]`), from(id, "read_ok", `,"messages":[1]`), from(id, "read_ok", `,"messages":[1,2]`)}, shown)
	}

	// Soon it answers again.
	answered := make(chan string, 1)
	go func() { answered <- p.next() }()
	var line string
	for ; line == ""; id++ {
		p.write(to(id, `"type":"broadcast","message":3`))
		select {
		case line = <-answered:
		case <-time.After(20 * time.Millisecond):
		}
	}
	require.Contains(t, line, `"type":"broadcast_ok"`)
	p.CloseInput()
	require.Equal(t, ExitOK, p.end().code)
}

func TestBadFlagsOfANodeAreOneLineAndTwo(t *testing.T) {
	for _, c := range []struct{ args, says string }{
		{"--num-children 0", "--num-children must be auto or at least 1, not 0"},
		{"--num-children -3", "--num-children"},
		{"--num-children=-3", "--num-children must be auto or at least 1, not -3"},
		{"--num-children many", "--num-children must be auto or a whole number, not \"many\""},
		{"--num-children", "--num-children needs a value"},
		{"--num-childs 3", "unknown flag --num-childs"},
		{"--sync-period 400", "--sync-period: expected duration"},
		{"--sync-period=-1s", "--sync-period must be from 1ms to 1h, not -1s"},
		{"--sync-period 2h", "--sync-period must be from 1ms to 1h, not 2h0m0s"},
		{"--sync-period 1s --latency-target 1s", "exclude each other"},
		{"--latency-target 1ms", "--latency-target must be from 10ms to 1h, not 1ms"},
		{"--latency-target 1s --rounds eager", "--latency-target needs --rounds locked, not eager"},
		{"--rounds square", `--rounds must be one of "locked","free","eager" but got "square"`},
		{"--ack-delay 1us", "--ack-delay must be at least 1ms"},
		{"--intake-preferred 10 --intake-capacity 5", `queue "intake": capacity 5 is below the preferred size 10`},
		{"--gossip-capacity 1", `queue "gossip": capacity 1 is below the preferred size`},
		{"--output-preferred=-1", `--output-preferred must be at least 1, not -1`},
		{"--monitor-period=-1s", "--monitor-period must be at least 1ms, not -1s"},
		{"--client-threshold=-1s", "--client-threshold must be 0 or more, not -1s"},
		{"--permits=-1", "permits: total -1"},
		{"--permit-return 0", "permits: return rate 0"},
		{"--permit-revoke NaN", "permits: revoke rate NaN"},
		{"--permit-timeout 0", "permits: time-out 0s"},
		{"--max-line-bytes 10", "--max-line-bytes must be at least"},
		{"--log-level loud", `--log-level must be one of`},
		{"extra", "unexpected argument extra"},
		{"node extra", "unexpected argument extra"},
	} {
		got := runHere(t, strings.Fields(c.args)...)
		require.Equal(t, ExitUsage, got.code, c.args)
		require.Empty(t, got.stdout, c.args)
		require.Equal(t, 1, strings.Count(got.stderr, "\n"), got.stderr)
		require.Contains(t, got.stderr, c.says, c.args)
		require.True(t, strings.HasPrefix(got.stderr, "treecast: "), got.stderr)
		require.True(t, strings.HasSuffix(got.stderr, "(see 'treecast --help')\n"), got.stderr)
	}
}

func TestABadFlagEndsTheProcessWithTwo(t *testing.T) {
	t.Parallel()
	got := treecast(t, t.TempDir(), "--num-children", "0")
	require.Equal(t, outcome{ExitUsage, "", "treecast: --num-children must be auto or at least 1, not 0 (see 'treecast --help')\n"}, got)
}

func TestABadVariableIsOneLineAndTwo(t *testing.T) {
	for name, value := range map[string]string{
		"TREECAST_NUM_CHILDREN": "many", "TREECAST_SYNC_PERIOD": "fast", "TREECAST_ROUNDS": "square", "TREECAST_LOG_LEVEL": "loud",
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, value)
			got := runHere(t)
			require.Equal(t, ExitUsage, got.code)
			require.Equal(t, 1, strings.Count(got.stderr, "\n"), got.stderr)
			require.Contains(t, got.stderr, value)
		})
	}
}

// queueSizes asks a node for the preferred sizes of its queues.
func (p *nodeProcess) queueSizes() map[string]int {
	p.write(to(9, `"type":"health"`))
	var reply struct {
		Body struct {
			Queues []struct {
				Name      string
				Preferred int
			}
		}
	}
	require.NoError(p.t, json.Unmarshal([]byte(p.next()), &reply))
	sizes := map[string]int{}
	for _, q := range reply.Body.Queues {
		sizes[q.Name] = q.Preferred
	}
	return sizes
}

func TestANodesVariablesStandForFlagsAndFlagsWin(t *testing.T) {
	t.Parallel()
	env := []string{"TREECAST_INTAKE_PREFERRED=123", "TREECAST_GOSSIP_PREFERRED=456"}
	p := startNode(t, env, "--gossip-preferred", "789", "--output-preferred=321")
	require.Equal(t, map[string]int{"intake": 123, "gossip": 789, "output": 321, "journal": 65536}, p.queueSizes())
	p.CloseInput()
	require.Equal(t, ExitOK, p.end().code)
}

func TestTheNodeCanBeNamed(t *testing.T) {
	t.Parallel()
	p := startNode(t, nil, "node", "--intake-preferred", "5")
	require.Equal(t, 5, p.queueSizes()["intake"])
	p.CloseInput()
	require.Equal(t, ExitOK, p.end().code)
}

func TestTheLogLevelDecidesWhatIsLogged(t *testing.T) {
	for level, lines := range map[string]int{"debug": 2, "info": 2, "warn": 1, "error": 0} {
		p := startedNode(t, unhurried, "--log-level", level)
		p.write("garbage")
		p.CloseInput()
		got := p.end()
		require.Equal(t, ExitOK, got.code)
		require.Equal(t, lines, strings.Count(got.stderr, "\n"), "%s:\n%s", level, got.stderr)
	}
}

func TestHelpSaysFormulaAndTradeOff(t *testing.T) {
	help := strings.Join(strings.Fields(runHere(t, "--help-all").stdout), " ")
	for _, text := range []string{
		"log_k(n)", "2(n-1)/P", "P + 2dL + d guards", "2d(P+L)", "P = D - 2dL - d guards",
		"double P to halve the messages", "Longer saves bare acks; shorter notices", "Shorter reacts to blips, longer lets queues grow",
		"At least 0.2 s of what the node handles", "Bounds memory", "$TREECAST_NUM_CHILDREN", "Flags win",
	} {
		require.Contains(t, help, text)
	}
}

func TestEveryStartHasAnEpochOfItsOwnAndLaterOnesLarger(t *testing.T) {
	day := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	first := newEpoch(day, 255)
	require.Greater(t, newEpoch(day.Add(time.Millisecond), 0), first)
	require.Less(t, newEpoch(day, 254), first)
	require.GreaterOrEqual(t, newEpoch(day, 1)-newEpoch(day, 0), uint64(16), "room for restarts of the service")
	require.Less(t, newEpoch(day.AddDate(60, 0, 0), 255), uint64(1)<<53, "exact in every JSON reader")
	require.NotZero(t, newEpoch(time.Time{}, 0), "whatever the clock says")
}

func TestANodeWhoseServiceCrashesAgainAndAgainEndsWithACodeOfItsOwn(t *testing.T) {
	t.Parallel()
	p := startedNode(t, nil, "--max-crashes", "2", "--crash-window", "1m", "--inject", "store:panic-every=1ns")
	for i := range 8 {
		p.write(to(i, `"type":"broadcast","message":1`))
	}
	got := p.end()
	require.Equal(t, ExitCrashes, got.code, got.stderr)
	lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
	require.Equal(t, `treecast: node: service "store" crashed 3 times within 1m0s, last with: injected: at random, in store`, lines[len(lines)-1])
	require.Contains(t, got.stderr, "item lost")
}

func TestSettingsOfBackPressureThatCannotWorkAreExplained(t *testing.T) {
	t.Parallel()
	for flags, why := range map[string]string{
		"--max-wait=-1s":                               "--max-wait must be 0 or more, not -1s",
		"--max-age=-1s":                                "--max-age must be 0 or more",
		"--own-threshold=-1s":                          "--own-threshold must be 0 or more",
		"--own-threshold=1s --client-threshold=2s":     "--own-threshold (1s) must be at least --client-threshold (2s): clients are refused no later",
		"--monitor-reassert=10ms":                      "--monitor-reassert must be at least --monitor-period (100ms)",
		"--monitor-stale=1s":                           "--monitor-stale must be longer than --monitor-reassert (1s)",
		"--max-crashes=0":                              "--max-crashes must be at least 1",
		"--crash-window=0s":                            "--crash-window must be above 0",
		"--inject=store":                               `--inject: fault "store": spell it SERVICE:WHAT`,
		"--inject=store:slow=2x --inject=disk:slow=2x": `no service is called "disk"`,
		"--permit-timeout=0s":                          "permits: time-out 0s",
		"--permit-return=0":                            "permits: return rate 0/s: make it more than 0",
	} {
		got := startNode(t, nil, strings.Fields(flags)...).end()
		require.Equal(t, ExitUsage, got.code, flags)
		require.Contains(t, got.stderr, why, flags)
	}
}

func TestTheInsideOfANodeIsShownWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	p := startNode(t, unhurried, "--debug-addr", "0")
	p.write(`{"id":0,"src":"c0","dest":"n0","body":{"type":"init","node_id":"n0","node_ids":["n0"],"msg_id":1}}`)
	p.next()
	p.write(to(1, `"type":"broadcast","message":7`))
	p.next()
	p.CloseInput()
	got := p.end()
	require.Equal(t, ExitOK, got.code, got.stderr)
	require.Regexp(t, `the inside of this node is shown.*url=http://127\.0\.0\.1:\d+/`, got.stderr)
	require.Contains(t, startNode(t, nil, "--debug-addr", "here").end().stderr, `--debug-addr: "here" is no address`)
}
