// Package browser holds the tests of the page in a real browser: that it asks
// for nothing, that its script works, and that what a run says stays text. They
// need a Chromium and the build tag browser:
//
//	go test -tags browser ./report/browser
//
// There is nothing else in it; nobody imports it.
package browser
