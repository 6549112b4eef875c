package cli

import (
	"fmt"
	"slices"
	"strings"

	"treecast/run"
)

// nodeFlags name the nodes one by one, as Maelstrom has them.
type nodeFlags struct {
	Node      []string `short:"n" sep:"none" env:"TREECAST_TEST_NODE" placeholder:"NAME" group:"maelstrom" help:"The name of a node; may be given more than once. --node-count overrides all names."`
	Nodes     string   `env:"TREECAST_TEST_NODES" placeholder:"NAMES" group:"maelstrom" help:"Names of nodes, separated by commas."`
	NodesFile string   `env:"TREECAST_TEST_NODES_FILE" placeholder:"FILE" group:"maelstrom" help:"A file with names of nodes, one a line."`
}

// maxNodesFile is how large a file with the names of nodes may be, in bytes.
const maxNodesFile = 64 << 20

// names are those of the file, of the list and the single ones, in that order,
// each once; none if nothing is named.
func (f *nodeFlags) names() ([]string, error) {
	var out []string
	add := func(names ...string) {
		for _, name := range names {
			if name = strings.TrimSpace(name); name != "" && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	if f.NodesFile != "" {
		text, err := run.ReadFile(f.NodesFile, maxNodesFile)
		if err != nil {
			return nil, fmt.Errorf("--nodes-file: %w", err)
		}
		add(strings.Split(string(text), "\n")...)
	}
	add(strings.Split(f.Nodes, ",")...)
	add(f.Node...)
	if len(out) == 0 && (f.NodesFile != "" || f.Nodes != "" || len(f.Node) > 0) {
		return nil, fmt.Errorf("--nodes, --nodes-file and --node name no node")
	}
	return out, nil
}

// idleFlags are taken because scripts for Maelstrom have them. Its nodes run on
// the machine itself, so there they have no effect, either.
type idleFlags struct {
	LeaveDBRunning        bool   `name:"leave-db-running" env:"TREECAST_TEST_LEAVE_DB_RUNNING" group:"maelstrom" help:"Taken as Maelstrom takes it, without effect."`
	LoggingJSON           bool   `name:"logging-json" env:"TREECAST_TEST_LOGGING_JSON" group:"maelstrom" help:"Without effect."`
	NoSSH                 bool   `name:"no-ssh" env:"TREECAST_TEST_NO_SSH" group:"maelstrom" help:"Without effect: nodes run on this machine."`
	Username              string `env:"TREECAST_TEST_USERNAME" group:"maelstrom" help:"Without effect, as all of SSH."`
	Password              string `env:"TREECAST_TEST_PASSWORD" group:"maelstrom" help:"Without effect."`
	StrictHostKeyChecking bool   `name:"strict-host-key-checking" env:"TREECAST_TEST_STRICT_HOST_KEY_CHECKING" group:"maelstrom" help:"Without effect."`
	SSHPrivateKey         string `name:"ssh-private-key" env:"TREECAST_TEST_SSH_PRIVATE_KEY" placeholder:"FILE" group:"maelstrom" help:"Without effect."`
}
