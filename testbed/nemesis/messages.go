package nemesis

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Messages says how often messages between nodes meet with what. Rates are
// probabilities, from 0 to 1, drawn for each message on its own.
type Messages struct {
	Loss      float64       `json:"loss,omitempty"`
	Duplicate float64       `json:"duplicate,omitempty"`
	Reorder   float64       `json:"reorder,omitempty"`
	Delay     float64       `json:"delay,omitempty"`
	DelayMean time.Duration `json:"-"` // of what a delayed message takes longer, exponential
}

// DefaultMessages are the rates that a fault has if nobody says otherwise.
func DefaultMessages() Messages {
	return Messages{Loss: 0.1, Duplicate: 0.1, Reorder: 0.2, Delay: 0.1, DelayMean: 500 * time.Millisecond}
}

// messageFaults are the faults of messages, in the order of their tracks.
var messageFaults = []Fault{Loss, Duplicate, Reorder, Delay}

// rate is that of one of the faults of messages.
func (m *Messages) rate(f Fault) *float64 {
	switch f {
	case Loss:
		return &m.Loss
	case Duplicate:
		return &m.Duplicate
	case Reorder:
		return &m.Reorder
	default:
		return &m.Delay
	}
}

func (m *Messages) validate(c *Config) error {
	for _, f := range messageFaults {
		if r := *m.rate(f); !(r >= 0 && r <= 1) {
			return fmt.Errorf("the rate of %s is %v; give a probability from 0 to 1", f, r)
		}
	}
	if c.Has(Delay) && m.DelayMean <= 0 {
		return fmt.Errorf("the mean of delay is %v; give more than 0", m.DelayMean)
	}
	return nil
}

// disturbance is the track of one of the faults of messages.
type disturbance struct {
	fault   Fault
	rates   Messages
	inForce *Messages // shared by all of them
	on      bool
}

func (d *disturbance) next(*rand.Rand) Step {
	if d.on {
		return d.finals()[0]
	}
	d.on = true
	rate := *d.rates.rate(d.fault)
	*d.inForce.rate(d.fault) = rate
	d.inForce.DelayMean = d.rates.DelayMean
	value, _ := json.Marshal(rate) // validated: a number
	now := *d.inForce
	return Step{F: "start-" + string(d.fault), Value: value, Completed: slices.Concat([]byte(`["rate",`), value, []byte{']'}), Messages: &now}
}

func (d *disturbance) finals() []Step {
	d.on = false
	*d.inForce.rate(d.fault) = 0
	now := *d.inForce
	return []Step{{F: "stop-" + string(d.fault), Completed: text("network-healed"), Messages: &now}}
}
