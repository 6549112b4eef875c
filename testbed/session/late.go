package session

import (
	"fmt"
	"time"
)

// afterwards says what a message to a client that is gone is: a second answer or
// one that came too late, and by how much.
func (c *client) afterwards(now time.Duration, body []byte) error {
	id, isReply := replyTo(body)
	x := c.exchange(id)
	switch {
	case !isReply || x == nil:
		return &notHeard{
			did: "it spoke to a client that is gone",
			why: fmt.Sprintf("client %q is gone: it had its answers, or had given up waiting", c.name),
		}
	case x.givenUp:
		return &notHeard{
			did: "it answered too late",
			why: fmt.Sprintf("client %q is gone: it had sent %s at %s, and gave up after %s; the answer came %s after that",
				c.name, x.request, seconds(x.at), seconds(x.gaveUpAt-x.at), seconds(now-x.gaveUpAt)),
		}
	default:
		return &notHeard{
			did: "it answered twice",
			why: fmt.Sprintf("client %q is gone: its request %s, sent at %s, was answered already, %s before", c.name, x.request, seconds(x.at), seconds(now-x.replyAt)),
		}
	}
}

// notHeard is a message with nothing wrong but that nobody is there to take it.
type notHeard struct{ did, why string }

func (e *notHeard) Error() string { return e.why }
