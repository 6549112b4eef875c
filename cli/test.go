package cli

import "context"

type testCommand struct{}

func (c *testCommand) Run(ctx context.Context, s streams) error { return nil }
