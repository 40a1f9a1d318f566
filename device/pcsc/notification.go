//go:build !darwin

package pcsc

// notification is the name of a reader that is not there; its state changes when readers come and go.
const notification = `\\?PnP?\Notification`

// quietTimeout is how long to wait once nothing changes any more: for ever.
const quietTimeout = -1
