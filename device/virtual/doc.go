// Package virtual is a contactless FIDO2 card in software, with real cryptography and as strict as a real card,
// and the readers to put it on.
//
// A Card is the applet: command APDUs in, response APDUs out, CTAP 2.1 over NFC (CTAP 2.1 §11.3) in between. It
// remembers in memory (New) or in a file (Open). It goes on a Reader of a Service, which stand in for PC/SC within
// the process, or in the Slot of a vpcd reader behind a real PC/SC service.
//
// What can go wrong between a card and a reader is asked for through Faults; what kind of card it is, through
// Options. The card follows the order of checks of the specification, refuses CBOR that is not canonical, and
// forgets at power-off what a card in a reader's field forgets.
//
// It keeps its secrets in the clear: it is for tests and demonstrations, and no key to protect anything with.
package virtual
