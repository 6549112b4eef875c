package run

import "os"

// roomFile is what the room that Reserve keeps is called at first.
const roomFile = ".room"

// ReservedBytes is more than results.json and results.edn of a common run take
// together.
const ReservedBytes = 512 << 10

// Reserve keeps room on the disk for what is written at the end of a run, and
// returns how to give it back: what is recorded as a run goes on may fill the disk.
// Where there is less, it keeps what there is; the error says that there is none.
// The room has no name, so that it goes with the process at the latest.
func (s *Store) Reserve(bytes int) (giveBack func(), err error) {
	file, err := os.Create(s.Path(roomFile))
	if err != nil {
		return nil, explainStoreError("keep room for the results", err)
	}
	os.Remove(file.Name())
	block := make([]byte, 4<<10)
	kept := 0
	for kept < bytes && err == nil {
		var n int
		n, err = file.Write(block)
		kept += n
	}
	if kept == 0 && err != nil {
		file.Close()
		return nil, explainStoreError("keep room for the results", err)
	}
	return func() { file.Close() }, nil
}
