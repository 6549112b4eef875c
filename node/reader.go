package node

import (
	"context"
	"errors"
	"io"
	"time"

	"treecast/node/inject"
	"treecast/node/stdin"
	"treecast/wire"
)

// read admits the lines of stdin until it ends. The error is the stream's.
//
// Before a request is admitted there must be room for its reply. While stdout moves, the
// reader waits for room, so that a client which writes more than it reads is slowed by its
// own pipe and not refused; package stdin measures how long the lines on stdin wait
// meanwhile. After an init the reader waits until the journal has been read. Nothing else
// makes it wait.
//
// It may be called again after a crash, and goes on with the next line.
func (d *driver) read(ctx context.Context, from io.Reader) error {
	if d.lines == nil {
		d.stdin = stdin.NewStream(from)
		d.lines = wire.NewReader(d.stdin, d.cfg.MaxLineBytes)
	}
	r := d.lines
	var item wire.Item // one for all lines, so that lineInHand can point to it
	blocked := false   // the init waits for the journal
	now, brief := d.now(), 0
	for {
		pending := d.intake.initPending.Load()
		if pending && !d.awaitJournal(ctx) {
			return nil
		}
		ready := r.Ready()
		if d.age.WantsDry() && !ready && d.stdin.Dry() {
			d.age.Dry(d.now())
		}
		d.answerPendingInit()
		if !ready {
			d.age.Waits(d.now())
		}
		before := d.stdin.Offset() - int64(r.Buffered())
		blocked = blocked || d.intake.initBlocked.Load() != notBlocked
		if err := r.Read(&item); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if blocked && d.intake.initBlocked.Load() == notBlocked {
			blocked = false
			d.age.Began(before) // the init was answered since the last line was read
		}
		// A line that was in the buffer had arrived when the clock was last read.
		if brief++; !ready || pending || brief > stepsPerLook || d.reading.faults != nil {
			now, brief = d.now(), 0
		}
		d.age.Came(now)
		d.look(now)
		came, client := d.age.Line(now, d.stdin.Offset()-int64(r.Buffered())) // before the wait below
		for !d.Admits() && !d.stuck() && ctx.Err() == nil {
			d.waitDrained(ctx)
			now = d.now()
			d.look(now)
		}
		client = max(client, stdin.After(now-came))
		if ctx.Err() != nil {
			return nil
		}
		d.reading.take(now, &item, came, client)
		d.admit(now, came, &item, client)
		d.reading.done()
	}
}

// look measures from time to time how much of stdin is unread.
func (d *driver) look(now time.Duration) {
	if d.age.Looks(now) {
		d.age.Saw(now, d.stdin.End())
	}
}

// awaitJournal waits after an init until the journal has been read or is known to be in use.
// It returns false if the node ends before that.
func (d *driver) awaitJournal(ctx context.Context) bool {
	for d.intake.initPending.Load() && d.pendingInit.Load() == nil {
		select {
		case <-d.journalRead:
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// answerPendingInit answers an init that has waited for the journal, or that of a restart. It
// measures stdin first: lines that arrive later are meant for this incarnation.
func (d *driver) answerPendingInit() {
	if d.intake.answerInit == nil && !d.intake.initPending.Load() {
		return
	}
	end := d.stdin.End() // before the client gets its reply
	defer func() { d.age.Began(end) }()
	if opened := d.intake.answerInit; opened != nil {
		d.intake.answerInit = nil
		opened()
	}
	if d.intake.initPending.Load() { // else the journal service has answered it
		d.answerInit(d.now())
	}
}

// lineInHand is the line that the reader handles, as an inbox holds the item of a service.
type lineInHand struct {
	intake *intake
	faults *inject.Injector // nil as a rule

	item   *wire.Item    // nil: none
	came   time.Duration // at the latest
	client stdin.Client
	begun  bool // admit may have handled a part of it
}

// take puts a line in hand.
func (l *lineInHand) take(now time.Duration, item *wire.Item, came time.Duration, client stdin.Client) {
	l.item, l.came, l.client, l.begun = item, came, client, false
	l.faults.Begin(now, true)
	l.begun = true
}

// done says that the line is handled.
func (l *lineInHand) done() {
	l.faults.End()
	l.item = nil
}

// crashed answers for the line that crashed the reader, and returns how many there were. If
// the reader had begun with it, it may have been queued.
func (l *lineInHand) crashed(now time.Duration) int {
	if l.item == nil {
		return 0
	}
	item := l.item
	m := &item.Message
	l.item = nil
	to := replyTo{client: m.Src, msgID: m.MsgID, wantsReply: m.Answerable() && !l.intake.isPeer(m.Src) && l.intake.answers(item, l.client), arrived: l.came}
	logLost(l.intake.log, readerName, "line", &to, m.Body)
	if l.begun {
		l.intake.out.fail(now, to, wire.Crash, crashedText)
		return 1
	}
	l.intake.out.fail(now, to, wire.Abort, abortedText)
	return 1
}
